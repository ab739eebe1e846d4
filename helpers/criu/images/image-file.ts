import { readFileSync } from 'node:fs'
import { Message } from './message.ts'
import { ImageError } from './wire.ts'

/**
 * The frame of CRIU's image files: a magic that all share, a magic for the kind, then messages, each behind its length
 * (little endian, 32 bits). The inventory has only its own magic. Source: criu/include/magic.h, criu/protobuf.c.
 */
export interface ImageFile {
  /** The magics, kept as they were. */
  head: Uint8Array
  entries: Message[]
}

const COMMON = 0x5456_4319
const SERVICE = 0x5510_5940

/** The magics of the images that this suite reads. Source: criu/include/magic.h. */
export const MAGIC = {
  core: 0x5505_3847,
  files: 0x5630_3138,
  inventory: 0x5831_3116,
  mm: 0x5749_2820,
  mountpoints: 0x5556_3928,
  pagemap: 0x5608_4025,
  pstree: 0x5027_3030,
} as const

/** @throws ImageError where the bytes are no image of that kind */
export function parseImage(bytes: Uint8Array, kind: keyof typeof MAGIC): ImageFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const word = (at: number) => (at + 4 <= bytes.length ? view.getUint32(at, true) : undefined)
  const headBytes = word(0) === COMMON || word(0) === SERVICE ? 8 : 4
  if (word(headBytes - 4) !== MAGIC[kind])
    throw new ImageError(
      `no ${kind} image: it begins with ${Buffer.from(bytes.subarray(0, 8)).toString('hex') || 'nothing'}`,
    )
  const entries: Message[] = []
  for (let at = headBytes; at < bytes.length; ) {
    const length = word(at) ?? shorter(bytes)
    if (at + 4 + length > bytes.length) shorter(bytes)
    entries.push(Message.decode(bytes.subarray(at + 4, (at += 4 + length))))
  }
  return { head: bytes.subarray(0, headBytes), entries }
}

export function formatImage({ head, entries }: ImageFile): Uint8Array {
  return Buffer.concat([
    head,
    ...entries.flatMap(entry => {
      const bytes = entry.encode()
      const length = Buffer.alloc(4)
      length.writeUInt32LE(bytes.length)
      return [length, bytes]
    }),
  ])
}

/** @throws ImageError naming the file, where it is missing, cannot be read, or is no image of that kind */
export function readImage(path: string, kind: keyof typeof MAGIC): ImageFile {
  try {
    return parseImage(readFileSync(path), kind)
  } catch (error) {
    if (!(error instanceof ImageError) && (error as NodeJS.ErrnoException).code === undefined) throw error
    throw new ImageError(`${path}: ${(error as Error).message}`, { cause: error })
  }
}

function shorter(bytes: Uint8Array): never {
  throw new ImageError(`ends in the middle of a message, after ${bytes.length} bytes`)
}
