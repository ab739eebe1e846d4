/** GGUF files for tests: as few bytes as a reader needs. */

const text = (value: string): Uint8Array => {
  const bytes = Buffer.from(value)
  return Buffer.concat([u64(bytes.length), bytes])
}
const u32 = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
const u64 = (value: number) => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}
const f32 = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeFloatLE(value)
  return bytes
}

type Entry = number | string | string[] | number[]

/** Whole numbers as u32, others as f32. */
function typed(value: Entry): Uint8Array[] {
  if (typeof value === 'string') return [u32(8), text(value)]
  if (typeof value === 'number') return Number.isInteger(value) ? [u32(4), u32(value)] : [u32(6), f32(value)]
  const items = value.map(item => (typeof item === 'string' ? text(item) : u32(item)))
  return [u32(9), u32(typeof value[0] === 'number' ? 4 : 8), u64(value.length), ...items]
}

export interface MadeTensor {
  name: string
  dims: number[]
  type: number
  data: Uint8Array
}

const aligned = (bytes: number) => Math.ceil(bytes / 32) * 32
const padded = (bytes: Uint8Array): Uint8Array =>
  Buffer.concat([bytes, Buffer.alloc(aligned(bytes.length) - bytes.length)])

export function madeGguf(metadata: Record<string, Entry>, tensors: MadeTensor[]): Buffer {
  const parts: Uint8Array[] = [Buffer.from('GGUF'), u32(3), u64(tensors.length), u64(Object.keys(metadata).length)]
  for (const [key, value] of Object.entries(metadata)) parts.push(text(key), ...typed(value))
  let offset = 0
  for (const { name, dims, type, data } of tensors) {
    parts.push(text(name), u32(dims.length), ...dims.map(u64), u32(type), u64(offset))
    offset += aligned(data.length)
  }
  return Buffer.concat([padded(Buffer.concat(parts)), ...tensors.map(({ data }) => padded(data))])
}

/** A model of one layer, two heads of four numbers and one of K and V; row `n` of Q and K is full of `n`. */
export function tinyLlama(): [metadata: Record<string, Entry>, tensors: MadeTensor[]] {
  const matrix = (name: string, columns: number, rows: number): MadeTensor => ({
    name: `${name}.weight`,
    dims: [columns, rows],
    type: 0,
    data: new Uint8Array(Float32Array.from({ length: columns * rows }, (_, i) => Math.floor(i / columns)).buffer),
  })
  const row = (name: string, columns: number): MadeTensor => ({ ...matrix(name, columns, 1), dims: [columns] })
  const layer = (name: string) => `blk.0.${name}`
  const metadata = {
    'general.architecture': 'llama',
    'llama.block_count': 1,
    'llama.context_length': 64,
    'llama.embedding_length': 8,
    'llama.feed_forward_length': 4,
    'llama.attention.head_count': 2,
    'llama.attention.head_count_kv': 1,
    'llama.attention.layer_norm_rms_epsilon': 1e-5,
    'llama.rope.freq_base': 1e5,
    'tokenizer.ggml.model': 'gpt2',
    'tokenizer.ggml.pre': 'smollm',
    'tokenizer.ggml.tokens': ['<|end|>', 'a', 'b', 'ab'],
    'tokenizer.ggml.token_type': [3, 1, 1, 1],
    'tokenizer.ggml.merges': ['a b'],
    'tokenizer.ggml.bos_token_id': 0,
    'tokenizer.ggml.eos_token_id': 0,
    'tokenizer.chat_template': '{{ messages }}',
  }
  return [
    metadata,
    [
      matrix('token_embd', 8, 4),
      row(layer('attn_norm'), 8),
      matrix(layer('attn_q'), 8, 8),
      matrix(layer('attn_k'), 8, 4),
      matrix(layer('attn_v'), 8, 4),
      matrix(layer('attn_output'), 8, 8),
      row(layer('ffn_norm'), 8),
      matrix(layer('ffn_gate'), 8, 4),
      matrix(layer('ffn_up'), 8, 4),
      matrix(layer('ffn_down'), 4, 8),
      row('output_norm', 8),
    ],
  ]
}
