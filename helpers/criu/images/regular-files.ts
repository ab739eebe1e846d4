import type { ImageFile } from './image-file.ts'
import { Message } from './message.ts'
import { zigzag } from './wire.ts'

/**
 * The regular files in files.img: programs, libraries, whatever is open or mapped.
 * Sources: images/fdinfo.proto (file_entry), images/regfile.proto, criu/files-reg.c (what open_path() checks at the
 * restore:
 * size and mode must be those in the image, a build-ID only where one is in the image).
 */
export interface RegularFile {
  id: number
  /** Path inside the container. */
  path: string
  message: Message
}

const ENTRY = { type: 1, id: 2, regular: 3 } as const
const REGULAR = 1
const FILE = { id: 1, flags: 2, position: 3, owner: 5, path: 6, mount: 7, size: 8, mode: 10 } as const

export function readRegularFiles(image: ImageFile): RegularFile[] {
  return image.entries
    .filter(entry => entry.number(ENTRY.type) === REGULAR)
    .map(entry => {
      const message = entry.message(ENTRY.regular) ?? new Message()
      return { id: entry.number(ENTRY.id), path: message.text(FILE.path) ?? '', message }
    })
}

/** An id that no file of any type has yet. */
export const freeFileId = (image: ImageFile): number =>
  image.entries.reduce((largest, entry) => Math.max(largest, entry.number(ENTRY.id)), 0) + 1

/** The image with one more regular file. */
export function addRegularFile(image: ImageFile, id: number, message: Message): ImageFile {
  const entry = new Message()
    .with(ENTRY.type, REGULAR)
    .with(ENTRY.id, id)
    .with(ENTRY.regular, message.with(FILE.id, id))
  return { ...image, entries: [...image.entries, entry] }
}

/**
 * A file that is opened read-only, with the owner of its signals (none) as in an entry that CRIU wrote.
 * @param mount id of the mount that holds it; undefined where the mounts were not dumped
 * @param size bytes, and `mode` with the bits of the file type, both as stat() says them
 */
export function regularFile(
  like: Message,
  { path, mount, size, mode }: { path: string; mount: number | undefined; size: number; mode: number },
): Message {
  const owner = like.message(FILE.owner) ?? new Message([1, 2, 3, 4, 5].map(number => ({ number, type: 0, value: 0n })))
  const file = new Message()
    .with(FILE.id, 0)
    .with(FILE.flags, 0)
    .with(FILE.position, 0)
    .with(FILE.owner, owner)
    .with(FILE.path, path)
    .with(FILE.size, size)
    .with(FILE.mode, mode)
  return mount === undefined ? file : file.with(FILE.mount, zigzag.encode(mount))
}
