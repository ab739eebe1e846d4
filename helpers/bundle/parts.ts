import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, open as openFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'

/** A long stream as numbered files of at most so many bytes, and back. */

/** @property bytes its length @property sha256 of its content, hexadecimal */
export interface Part {
  file: string
  bytes: number
  sha256: string
}

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
  let open: { file: FileHandle; part: Part; hash: ReturnType<typeof createHash> } | undefined
  const begin = async () => {
    const name = partName(parts.length)
    return (open = {
      file: await openFile(join(folder, name), 'w'),
      part: { file: name, bytes: 0, sha256: '' },
      hash: createHash('sha256'),
    })
  }
  const end = async () => {
    const { file, part, hash } = open ?? (await begin())
    open = undefined
    await file.close()
    parts.push({ ...part, sha256: hash.digest('hex') })
  }
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      for (let rest = chunk; rest.length > 0; ) {
        const { file, part, hash } = open ?? (await begin())
        const piece = rest.subarray(0, size - part.bytes)
        hash.update(piece)
        await file.writeFile(piece)
        part.bytes += piece.length
        rest = rest.subarray(piece.length)
        if (part.bytes === size) await end()
      }
    }
    if (open || parts.length === 0) await end()
    return parts
  } finally {
    await open?.file.close()
  }
}

/** The stream again. @param files paths of the parts, in their order */
export async function* joinParts(files: string[]): AsyncGenerator<Buffer> {
  for (const file of files) yield* createReadStream(file) as AsyncIterable<Buffer>
}
