import { type FileHandle, open } from 'node:fs/promises'
import { PAGE } from './memory-map.ts'
import { punchHole } from './punch-hole.ts'
import { ImageError } from './wire.ts'

/**
 * Bytes read at once: large enough that the calls cost nothing, small enough to stay in the
 * processor's cache for the scan.
 */
const CHUNK = 4 << 20
/** Reads and writes under way at the same time; libuv has four threads for them. */
const LANES = 4

/** A stretch of one file that goes into another, all in bytes. */
export interface Copy {
  from: number
  to: number
  bytes: number
}

/**
 * Says of every page in a file whether it is all zeros. Streams: 2–4 GB/s from tmpfs.
 * @param pages how many the file should have
 * @returns one byte per page, 1 for a zero page
 * @throws ImageError where the file is missing, or has fewer pages than its pagemap says
 */
export async function findZeroPages(path: string, pages: number): Promise<Uint8Array> {
  await using file = await open(path, 'r').catch((error: Error) => {
    throw new ImageError(error.message, { cause: error })
  })
  const { size } = await file.stat()
  if (size < pages * PAGE) throw new ImageError(`${path} ends at byte ${size}, the pagemap names more pages`)
  const zero = new Uint8Array(pages)
  const nothing = Buffer.alloc(PAGE)
  await inLanes(chunks([{ from: 0, to: 0, bytes: pages * PAGE }]), async ({ from, bytes }, buffer) => {
    await readFully(file, buffer, from, bytes, path)
    const words = new Uint32Array(buffer.buffer, buffer.byteOffset, bytes / 4)
    for (let at = 0; at < bytes; at += PAGE) {
      // Most pages show with their first or last word that they are not empty; memcmp says so for the rest.
      if (words[at / 4] || words[(at + PAGE) / 4 - 1]) continue
      if (buffer.compare(nothing, 0, PAGE, at, at + PAGE) === 0) zero[(from + at) / PAGE] = 1
    }
  })
  return zero
}

/** How pages get from one file into another. */
export interface Moving {
  /**
   * Each piece is freed in the first file once it is in the second: together they never take much more room than the
   * first one did. Where that stops half way, the images do not restore.
   */
  move?: boolean
}

/** Copies or moves stretches of a file into another. Nothing is written in between: what was a hole stays one. */
export async function copyInto(
  source: string,
  target: FileHandle,
  copies: readonly Copy[],
  { move = false }: Moving = {},
): Promise<void> {
  await using file = await open(source, move ? 'r+' : 'r')
  const work = async ({ from, to, bytes }: Copy, buffer: Buffer) => {
    await readFully(file, buffer, from, bytes, source)
    for (let done = 0; done < bytes; ) done += (await target.write(buffer, done, bytes - done, to + done)).bytesWritten
    if (move) punchHole(file.fd, from, bytes)
  }
  // a huge page that another lane reads cannot be split, and would stay
  await inLanes(chunks(copies), work, move ? 1 : LANES)
}

/** Frees what no later copy needs, above all pages that are all zero. @param needed in bytes of the file */
export async function freeOthers(path: string, needed: readonly Pick<Copy, 'from' | 'bytes'>[]): Promise<void> {
  await using file = await open(path, 'r+')
  const { size } = await file.stat()
  let at = 0
  for (const { from, bytes } of [...needed.toSorted((a, b) => a.from - b.from), { from: size, bytes: 0 }]) {
    if (from > at) punchHole(file.fd, at, from - at)
    at = Math.max(at, from + bytes)
  }
}

function* chunks(copies: readonly Copy[]): Generator<Copy> {
  for (const { from, to, bytes } of copies) {
    for (let done = 0; done < bytes; done += CHUNK)
      yield { from: from + done, to: to + done, bytes: Math.min(CHUNK, bytes - done) }
  }
}

async function inLanes(
  jobs: Iterable<Copy>,
  work: (job: Copy, buffer: Buffer<ArrayBuffer>) => Promise<void>,
  lanes = LANES,
): Promise<void> {
  const queue = jobs[Symbol.iterator]()
  const lane = async () => {
    const buffer = Buffer.alloc(CHUNK)
    for (let job = queue.next(); !job.done; job = queue.next()) await work(job.value, buffer)
  }
  // Every lane has ended before a failure is thrown: nobody may still write into a file that the
  // caller closes or removes.
  const failed = (await Promise.allSettled(Array.from({ length: lanes }, lane))).find(
    result => result.status === 'rejected',
  )
  if (failed) throw failed.reason
}

async function readFully(file: FileHandle, buffer: Buffer, from: number, bytes: number, path: string): Promise<void> {
  for (let done = 0; done < bytes; ) {
    const { bytesRead } = await file.read(buffer, done, bytes - done, from + done)
    if (bytesRead === 0) throw new ImageError(`${path} ends at byte ${from + done}, the pagemap names more pages`)
    done += bytesRead
  }
}
