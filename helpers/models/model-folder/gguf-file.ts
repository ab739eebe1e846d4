import { type FileHandle, open } from 'node:fs/promises'
import { Problem } from '../../core/problem.ts'

/**
 * Reads a GGUF file: its metadata, and where its tensors lie. Little-endian files of version 2 and 3.
 * Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 */

export type Value = number | bigint | boolean | string | Value[]

export interface GgufTensor {
  name: string
  /** As ggml counts: the innermost dimension first. */
  dims: number[]
  /** Number of its ggml type. */
  type: number
  /** From the beginning of the file, bytes. */
  offset: number
}

export interface GgufFile {
  metadata: Map<string, Value>
  tensors: GgufTensor[]
  file: FileHandle
}

/** Vocabularies with merges take some megabytes. */
const LONGEST_HEADER = 64 << 20
const VERSIONS = [2, 3]
const DEFAULT_ALIGNMENT = 32

/** The caller closes `file`. @throws Problem where it is no GGUF file */
export async function openGguf(path: string): Promise<GgufFile> {
  const file = await open(path).catch((error: Error) => {
    throw new Problem(`${path} cannot be read: ${error.message}\nName a GGUF file.`)
  })
  try {
    const { size } = await file.stat()
    const bytes = Buffer.alloc(Math.min(size, LONGEST_HEADER))
    await file.read(bytes, 0, bytes.length, 0)
    return { ...parseHeader(bytes), file }
  } catch (error) {
    await file.close()
    if (!(error instanceof RangeError || error instanceof Problem)) throw error
    throw new Problem(`${path} is not a complete GGUF file: ${error.message}\nName another one, or download it again.`)
  }
}

function parseHeader(bytes: Buffer): Omit<GgufFile, 'file'> {
  const magic = bytes.toString('latin1', 0, 4)
  if (magic !== 'GGUF') throw new Problem(`it begins with ${JSON.stringify(magic)}, not with "GGUF"`)
  const header = new Reader(bytes, 4)
  const version = header.number(U32)
  if (!VERSIONS.includes(version)) throw new Problem(`its version is ${version}, known are ${VERSIONS.join(' and ')}`)
  const [count, entries] = [header.number(U64), header.number(U64)]
  const metadata = new Map<string, Value>()
  for (let i = 0; i < entries; i++) metadata.set(header.text(), header.value(header.number(U32)))
  const tensors: GgufTensor[] = []
  for (let i = 0; i < count; i++) {
    const name = header.text()
    const dims = Array.from({ length: header.number(U32) }, () => header.number(U64))
    tensors.push({ name, dims, type: header.number(U32), offset: header.number(U64) })
  }
  const alignment = Number(metadata.get('general.alignment') ?? DEFAULT_ALIGNMENT)
  const data = Math.ceil(header.at / alignment) * alignment
  return { metadata, tensors: tensors.map(tensor => ({ ...tensor, offset: data + tensor.offset })) }
}

const U32 = 4
const STRING = 8
const ARRAY = 9
const U64 = 10

/** The format's numbers by type: bytes, and how they are read. */
const NUMBERS: Record<number, [bytes: number, read: (bytes: Buffer, at: number) => number | bigint | boolean]> = {
  0: [1, (bytes, at) => bytes.readUInt8(at)],
  1: [1, (bytes, at) => bytes.readInt8(at)],
  2: [2, (bytes, at) => bytes.readUInt16LE(at)],
  3: [2, (bytes, at) => bytes.readInt16LE(at)],
  [U32]: [4, (bytes, at) => bytes.readUInt32LE(at)],
  5: [4, (bytes, at) => bytes.readInt32LE(at)],
  6: [4, (bytes, at) => bytes.readFloatLE(at)],
  7: [1, (bytes, at) => bytes.readUInt8(at) !== 0],
  [U64]: [8, (bytes, at) => bytes.readBigUInt64LE(at)],
  11: [8, (bytes, at) => bytes.readBigInt64LE(at)],
  12: [8, (bytes, at) => bytes.readDoubleLE(at)],
}

/** Reads one thing after the other. Where the bytes end, Node throws a RangeError. */
class Reader {
  readonly #bytes: Buffer
  at: number

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes
    this.at = at
  }

  number(type: number): number {
    return Number(this.value(type))
  }

  text(): string {
    const length = this.number(U64)
    if (this.at + length > this.#bytes.length) throw new RangeError(`a text of ${length} bytes goes beyond its end`)
    return this.#bytes.toString('utf8', this.at, (this.at += length))
  }

  value(type: number): Value {
    if (type === STRING) return this.text()
    if (type === ARRAY) {
      const [of, length] = [this.number(U32), this.number(U64)]
      if (length > this.#bytes.length) throw new RangeError(`an array of ${length} values goes beyond its end`)
      return Array.from({ length }, () => this.value(of))
    }
    const [size, read] = NUMBERS[type] ?? []
    if (!size || !read) throw new Problem(`there is no value of type ${type}`)
    this.at += size
    return read(this.#bytes, this.at - size)
  }
}
