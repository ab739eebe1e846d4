import { createCipheriv, createHash } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { partOf } from '../host/part.ts'

/**
 * Writes a GGUF model of the llama architecture whose weights come from a seeded stream that never repeats.
 *
 * The words such a model says are noise. What is real: the file's size, the work of loading it, of one forward pass
 * and of compressing it (a model of repeating blocks would compress to nothing and flatter a compressed checkpoint).
 * Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md (version 3).
 */

/** Shape of a llama model: widths in elements. */
export interface LlamaShape {
  layers: number
  embedding: number
  feedForward: number
  heads: number
  kvHeads: number
  vocabulary: number
}

interface Tensor {
  name: string
  dims: number[]
  type: 'f32' | 'f16'
  bytes: number
}

const ALIGNMENT = 32
const GGML_TYPE = { f32: 0, f16: 1 } as const
const ELEMENT_BYTES = { f32: 4, f16: 2 } as const
const VALUE_TYPE = { u32: 4, f32: 6, string: 8, array: 9, i32: 5 } as const
const TOKEN_TYPE = { normal: 1, unknown: 2, control: 3, byte: 6 } as const
const CHUNK = 1 << 24

const padded = (bytes: number) => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT

/** The shape whose f16 weights come closest to `bytes` from above; at least one layer. */
export function llamaShape(bytes: number): LlamaShape {
  const width = bytes < 2e8 ? 512 : bytes < 6e8 ? 1024 : 2048
  const shape = {
    layers: 1,
    embedding: width,
    feedForward: width * 2.75,
    heads: width / 64,
    kvHeads: width / 256,
    vocabulary: width < 2048 ? 4096 : 16384,
  }
  const fixed = weightBytes({ ...shape, layers: 0 })
  const layer = weightBytes(shape) - fixed
  return { ...shape, layers: Math.max(1, Math.ceil((bytes - fixed) / layer)) }
}

/** Bytes of all weights of a shape. */
export function weightBytes(shape: LlamaShape): number {
  return tensors(shape).reduce((sum, tensor) => sum + padded(tensor.bytes), 0)
}

function tensors(shape: LlamaShape): Tensor[] {
  const { embedding, feedForward, heads, kvHeads, vocabulary } = shape
  const kv = (embedding / heads) * kvHeads
  const tensor = (name: string, type: Tensor['type'], ...dims: number[]): Tensor => ({
    name: `${name}.weight`,
    dims,
    type,
    bytes: dims.reduce((a, b) => a * b, ELEMENT_BYTES[type]),
  })
  const layer = (i: number) => [
    tensor(`blk.${i}.attn_norm`, 'f32', embedding),
    tensor(`blk.${i}.attn_q`, 'f16', embedding, embedding),
    tensor(`blk.${i}.attn_k`, 'f16', embedding, kv),
    tensor(`blk.${i}.attn_v`, 'f16', embedding, kv),
    tensor(`blk.${i}.attn_output`, 'f16', embedding, embedding),
    tensor(`blk.${i}.ffn_norm`, 'f32', embedding),
    tensor(`blk.${i}.ffn_gate`, 'f16', embedding, feedForward),
    tensor(`blk.${i}.ffn_up`, 'f16', embedding, feedForward),
    tensor(`blk.${i}.ffn_down`, 'f16', feedForward, embedding),
  ]
  return [
    tensor('token_embd', 'f16', embedding, vocabulary),
    ...Array.from({ length: shape.layers }, (_, i) => layer(i)).flat(),
    tensor('output_norm', 'f32', embedding),
    tensor('output', 'f16', embedding, vocabulary),
  ]
}

class Bytes {
  #parts: Buffer[] = []
  #number(size: number, write: (bytes: Buffer) => void) {
    const bytes = Buffer.alloc(size)
    write(bytes)
    return this.raw(bytes)
  }
  u32(value: number) {
    return this.#number(4, bytes => bytes.writeUInt32LE(value))
  }
  i32(value: number) {
    return this.#number(4, bytes => bytes.writeInt32LE(value))
  }
  u64(value: number) {
    return this.#number(8, bytes => bytes.writeBigUInt64LE(BigInt(value)))
  }
  f32(value: number) {
    return this.#number(4, bytes => bytes.writeFloatLE(value))
  }
  string(value: string) {
    const b = Buffer.from(value)
    return this.u64(b.length).raw(b)
  }
  raw(value: Buffer) {
    this.#parts.push(value)
    return this
  }
  done() {
    return Buffer.concat(this.#parts)
  }
}

function vocabulary(size: number) {
  const special = [
    ['<unk>', TOKEN_TYPE.unknown],
    ['<s>', TOKEN_TYPE.control],
    ['</s>', TOKEN_TYPE.control],
  ] as const
  const bytes = Array.from(
    { length: 256 },
    (_, i) => [`<0x${i.toString(16).toUpperCase().padStart(2, '0')}>`, TOKEN_TYPE.byte] as const,
  )
  const words = Array.from(
    { length: size - special.length - bytes.length },
    (_, i) => [`▁w${i}`, TOKEN_TYPE.normal] as const,
  )
  return [...special, ...bytes, ...words]
}

/** Tokens that stand for no whole word: their output rows are zero, so greedy decoding never stops at one. */
const SILENT_TOKENS = 3 + 256

function header(shape: LlamaShape, list: Tensor[]): Buffer {
  const out = new Bytes()
  const tokens = vocabulary(shape.vocabulary)
  const number = (key: string, value: number) => () => out.string(key).u32(VALUE_TYPE.u32).u32(value)
  const text = (key: string, value: string) => () => out.string(key).u32(VALUE_TYPE.string).string(value)
  const array = (key: string, type: number, write: () => void) => () => {
    out.string(key).u32(VALUE_TYPE.array).u32(type).u64(tokens.length)
    write()
  }
  const entries = [
    text('general.architecture', 'llama'),
    text('general.name', 'random weights'),
    number('general.alignment', ALIGNMENT),
    number('general.file_type', GGML_TYPE.f16),
    number('llama.context_length', 4096),
    number('llama.embedding_length', shape.embedding),
    number('llama.block_count', shape.layers),
    number('llama.feed_forward_length', shape.feedForward),
    number('llama.attention.head_count', shape.heads),
    number('llama.attention.head_count_kv', shape.kvHeads),
    number('llama.rope.dimension_count', shape.embedding / shape.heads),
    number('llama.vocab_size', shape.vocabulary),
    () => out.string('llama.attention.layer_norm_rms_epsilon').u32(VALUE_TYPE.f32).f32(1e-5),
    text('tokenizer.ggml.model', 'llama'),
    number('tokenizer.ggml.unknown_token_id', 0),
    number('tokenizer.ggml.bos_token_id', 1),
    number('tokenizer.ggml.eos_token_id', 2),
    array('tokenizer.ggml.tokens', VALUE_TYPE.string, () => {
      for (const [token] of tokens) out.string(token)
    }),
    array('tokenizer.ggml.scores', VALUE_TYPE.f32, () => {
      for (const i of tokens.keys()) out.f32(-i)
    }),
    array('tokenizer.ggml.token_type', VALUE_TYPE.i32, () => {
      for (const [, type] of tokens) out.i32(type)
    }),
  ]
  out.raw(Buffer.from('GGUF')).u32(3).u64(list.length).u64(entries.length)
  for (const write of entries) write()
  let offset = 0
  for (const { name, dims, type, bytes } of list) {
    out.string(name).u32(dims.length)
    for (const dim of dims) out.u64(dim)
    out.u32(GGML_TYPE[type]).u64(offset)
    offset += padded(bytes)
  }
  const head = out.done()
  return Buffer.concat([head, Buffer.alloc(padded(head.length) - head.length)])
}

/** f16 pairs: random sign and mantissa, exponents of 2^-7 to 2^-4, so that the values stay small and finite. */
function asHalfWeights(words: Uint32Array) {
  for (let i = 0; i < words.length; i++) words[i] = (words[i]! & 0x8fff8fff) | 0x20002000
}

/**
 * Writes the model to `path`, in parts; the file appears under its name only when it is whole.
 * @param progress called with the share written, 0 to 1
 */
export async function writeRandomGguf(
  path: string,
  shape: LlamaShape,
  seed: string,
  progress: (share: number) => void = () => {},
): Promise<void> {
  const list = tensors(shape)
  const total = list.reduce((sum, tensor) => sum + tensor.bytes, 0)
  const cipher = createCipheriv('aes-128-ctr', createHash('md5').update(seed).digest(), Buffer.alloc(16))
  const zeros = Buffer.alloc(CHUNK)
  // a part of its own for each process: suites with other state folders, and other hosts, share the models
  const part = partOf(path)
  const file = await open(part, 'w')
  try {
    await file.write(header(shape, list))
    let written = 0
    for (const tensor of list) {
      for (let at = 0; at < tensor.bytes; at += CHUNK) {
        const size = Math.min(CHUNK, tensor.bytes - at)
        const bytes = Buffer.from(new ArrayBuffer(size))
        cipher.update(zeros.subarray(0, size)).copy(bytes)
        if (tensor.type === 'f16') asHalfWeights(new Uint32Array(bytes.buffer, 0, size / 4))
        else new Float32Array(bytes.buffer).fill(1)
        if (tensor.name === 'output.weight' && at === 0) bytes.fill(0, 0, SILENT_TOKENS * shape.embedding * 2)
        await file.write(bytes)
        written += size
        progress(written / total)
      }
      await file.write(Buffer.alloc(padded(tensor.bytes) - tensor.bytes))
    }
    await file.sync()
    await file.close()
    await rename(part, path)
  } catch (error) {
    await file.close().catch(() => {})
    await rm(part, { force: true })
    throw error
  }
}
