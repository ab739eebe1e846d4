import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { sha256Of } from '../../fingerprint/model-identity.ts'
import { defaultModel } from '../embedded.ts'
import { type MadeTensor, madeGguf, tinyLlama } from './made-gguf.ts'
import { writeModelFolder } from './write.ts'

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'model-folder-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

function gguf(bytes: Buffer): string {
  const path = join(folder(), 'made.gguf')
  writeFileSync(path, bytes)
  return path
}

const json = (path: string) => JSON.parse(readFileSync(path, 'utf8'))

/** A tensor of a safetensors file: its shape and the first number of each row, which are small whole ones. */
function tensor(path: string, name: string) {
  const bytes = readFileSync(path)
  const data = 8 + Number(bytes.readBigUInt64LE(0))
  const { shape, data_offsets: at } = JSON.parse(bytes.toString('utf8', 8, data))[name]
  const numbers = bytes.subarray(data + at[0], data + at[1])
  const row = 2 * shape.at(-1)
  const rows = Array.from({ length: numbers.length / row }, (_, i) => {
    const word = Buffer.alloc(4)
    word.writeUInt16LE(numbers.readUInt16LE(i * row), 2)
    return word.readFloatLE(0)
  })
  return { shape, rows }
}

test('weights, shapes, configuration and tokenizer', async () => {
  const out = folder()
  expect(await writeModelFolder(gguf(madeGguf(...tinyLlama())), out)).toMatchObject({ parameters: 344 })
  const weights = join(out, 'model.safetensors')
  // two heads of four rows: neighbours turn together in llama.cpp, those half a head apart at Hugging Face
  expect(tensor(weights, 'model.layers.0.self_attn.q_proj.weight')).toEqual({
    shape: [8, 8],
    rows: [0, 2, 1, 3, 4, 6, 5, 7],
  })
  expect(tensor(weights, 'model.layers.0.self_attn.k_proj.weight').rows).toEqual([0, 2, 1, 3])
  expect(tensor(weights, 'model.layers.0.mlp.down_proj.weight')).toEqual({
    shape: [8, 4],
    rows: [0, 1, 2, 3, 4, 5, 6, 7],
  })
  expect(json(join(out, 'config.json'))).toMatchObject({
    architectures: ['LlamaForCausalLM'],
    head_dim: 4,
    num_key_value_heads: 1,
    rms_norm_eps: 1e-5,
    rope_theta: 1e5,
    tie_word_embeddings: true,
    vocab_size: 4,
  })
  expect(json(join(out, 'tokenizer.json'))).toMatchObject({
    added_tokens: [{ id: 0, content: '<|end|>', special: true }],
    model: { vocab: { ab: 3 }, merges: ['a b'] },
  })
  expect(json(join(out, 'tokenizer_config.json'))).toMatchObject({
    chat_template: '{{ messages }}',
    eos_token: '<|end|>',
    model_max_length: 64,
  })
})

const changed = (metadata: object, more: MadeTensor[] = []): Buffer => {
  const [entries, tensors] = tinyLlama()
  return madeGguf({ ...entries, ...metadata }, [...tensors, ...more])
}
const vector = { name: 'output.weight', dims: [8, 4], type: 12, data: Buffer.alloc(144) }

test.for([
  ['another architecture', changed({ 'general.architecture': 'qwen2' }), 'its architecture is "qwen2"'],
  ['another tokenizer', changed({ 'tokenizer.ggml.model': 'llama' }), 'its tokenizer is of the kind "llama"'],
  ['another split', changed({ 'tokenizer.ggml.pre': 'toString' }), 'splits text as toString does'],
  ['stretched positions', changed({ 'llama.rope.scaling.factor': 2 }), 'stretches its positions'],
  ['weights of an unknown type', changed({}, [vector]), 'its tensor output.weight has the ggml type 12'],
  ['a tensor too many', changed({}, [{ ...vector, name: 'blk.0.attn_q.bias' }]), 'its tensor blk.0.attn_q.bias'],
  ['no GGUF', Buffer.from('PK\x03\x04'), 'it begins with "PK'],
  ['an empty file', Buffer.alloc(0), 'it begins with ""'],
  ['a header that ends', madeGguf(...tinyLlama()).subarray(0, 700), 'is not a complete GGUF file'],
  ['weights that end', madeGguf(...tinyLlama()).subarray(0, -64), 'it ends within'],
] as const)('%s: refused, and no model is left', async ([, bytes, why]) => {
  const out = folder()
  await expect(writeModelFolder(gguf(bytes), out)).rejects.toThrow(why)
  expect(existsSync(join(out, 'config.json')) || existsSync(join(out, 'model.safetensors'))).toBe(false)
})

const smolLm2 = defaultModel(process.env.MODELS_CACHE || '/models')

/** Compared once with what the Python packages gguf 0.19.0 and torch 2.13 make of the same file: every weight alike. */
test.skipIf(!existsSync(smolLm2))("the embedded default's own model", { timeout: 300_000 }, async () => {
  const out = folder()
  expect(await writeModelFolder(smolLm2, out)).toMatchObject({ parameters: 134_515_008 })
  expect(await sha256Of(join(out, 'model.safetensors'))).toBe(
    '7ef915c9bf9d94d8d70211970476878352a5b95855c589ae987916d7a455242b',
  )
})
