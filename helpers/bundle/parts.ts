import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, type WriteStream } from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { Writable, type Readable } from 'node:stream'

/** A long stream as numbered files of at most so many bytes, and back. */

/** @property bytes its length @property sha256 of its content, hexadecimal */
export interface Part { file: string, bytes: number, sha256: string }

/** Names sort as the parts follow each other, up to a hundred of them. */
export const partName = (index: number): string => `part.${String(index).padStart(2, '0')}`

/**
 * Writes a stream into `folder` as part.00, part.01, …
 * @param size bytes that no part exceeds; the last is shorter
 * @returns the parts in their order; one empty part for an empty stream
 */
export async function writeParts(stream: Readable, folder: string, size: number): Promise<Part[]> {
  if (!Number.isInteger(size) || size < 1) throw new RangeError(`a part has at least one byte, received ${size}`)
  const parts: Part[] = []
  let open: { out: WriteStream, part: Part, hash: ReturnType<typeof createHash> } | undefined
  const begin = () => {
    const file = partName(parts.length)
    return open = { out: createWriteStream(join(folder, file)), part: { file, bytes: 0, sha256: '' }, hash: createHash('sha256') }
  }
  const end = async () => {
    const { out, part, hash } = open ?? begin()
    open = undefined
    parts.push({ ...part, sha256: hash.digest('hex') })
    out.end()
    await once(out, 'close')
  }
  const add = async (chunk: Buffer) => {
    for (let rest = chunk; rest.length > 0;) {
      const { out, part, hash } = open ?? begin()
      const piece = rest.subarray(0, size - part.bytes)
      hash.update(piece)
      part.bytes += piece.length
      rest = rest.subarray(piece.length)
      if (!out.write(piece)) await once(out, 'drain')
      if (part.bytes === size) await end()
    }
  }
  await pipeline(stream, new Writable({ write: (chunk: Buffer, _encoding, done) => { add(chunk).then(() => done(), done) } }))
  if (open || parts.length === 0) await end()
  return parts
}

/** The stream again. @param files paths of the parts, in their order */
export async function* joinParts(files: string[]): AsyncGenerator<Buffer> {
  for (const file of files) yield* createReadStream(file) as AsyncIterable<Buffer>
}
