import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Problem } from '../../core/problem.ts'
import { asBf16, dequantize, LAYOUTS } from './dequantize.ts'
import { type GgufFile, type GgufTensor, openGguf } from './gguf-file.ts'
import { hubConfig, hubName, hubOrder } from './llama.ts'
import { tokenizer, tokenizerConfig } from './tokenizer.ts'

/**
 * Writes what a GGUF file holds as a folder that vLLM and transformers load: config.json, model.safetensors in bf16, a
 * tokenizer with its chat template. Needs no Python: a host without a network has no package that reads GGUF (vLLM
 * does not bring one).
 */

/** @returns parameters, and bytes of the weights @throws Problem naming the file and what of it is not known */
export async function writeModelFolder(gguf: string, folder: string): Promise<{ parameters: number; bytes: number }> {
  const model = await openGguf(gguf)
  try {
    return await write(model, folder)
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    throw new Problem(`${gguf}: ${error.message}\nName another GGUF file, or the model's own folder with MODEL_ID.`)
  } finally {
    await model.file.close()
  }
}

async function write(model: GgufFile, folder: string) {
  const { metadata, tensors } = model
  // everything that can be wrong, before anything is written
  const config = hubConfig(model)
  const heads = { heads: config.num_attention_heads, kvHeads: config.num_key_value_heads }
  const [words, wordsConfig] = [tokenizer(metadata), tokenizerConfig(metadata, config.max_position_embeddings)]
  const header = safetensorsHeader(tensors)
  for (const tensor of tensors) layoutOf(tensor)

  await mkdir(folder, { recursive: true })
  const inFolder = (name: string) => join(folder, name)
  const json = (name: string, content: object) => writeFile(inFolder(name), JSON.stringify(content, null, 2))
  const part = inFolder('model.safetensors.part')
  const out = await open(part, 'w')
  let bytes = header.length
  try {
    await out.write(header)
    for (const tensor of tensors) {
      const weights = asBf16(await read(model, tensor))
      const ordered = hubOrder(tensor, heads, weights, tensor.dims[0]!)
      await out.write(new Uint8Array(ordered.buffer))
      bytes += ordered.byteLength
    }
    await out.close()
    await rename(part, inFolder('model.safetensors'))
  } catch (error) {
    await out.close().catch(() => {})
    await rm(part, { force: true })
    throw error
  }
  await json('tokenizer.json', words)
  await json('tokenizer_config.json', wordsConfig)
  const { bos_token_id, eos_token_id } = config
  await json('generation_config.json', { bos_token_id, eos_token_id, do_sample: false })
  // last: a folder with a config.json is whole
  await json('config.json', config)
  return { parameters: tensors.reduce((sum, tensor) => sum + elements(tensor), 0), bytes }
}

const elements = ({ dims }: GgufTensor): number => dims.reduce((a, b) => a * b, 1)

function layoutOf({ name, type }: GgufTensor) {
  const layout = LAYOUTS[type]
  if (layout) return layout
  const known = Object.values(LAYOUTS).map(known => known.name)
  throw new Problem(`its tensor ${name} has the ggml type ${type}, known are ${known.join(', ')}`)
}

async function read({ file }: GgufFile, tensor: GgufTensor): Promise<Float32Array> {
  const layout = layoutOf(tensor)
  const bytes = new Uint8Array((elements(tensor) / layout.weights) * layout.bytes)
  const { bytesRead } = await file.read(bytes, 0, bytes.length, tensor.offset)
  if (bytesRead < bytes.length) throw new Problem(`it ends within ${tensor.name}`)
  return dequantize(layout, bytes)
}

/** Names, shapes and places of all tensors, padded to 8 bytes: https://github.com/huggingface/safetensors#format */
function safetensorsHeader(tensors: GgufTensor[]): Buffer {
  let end = 0
  const entries = tensors.map(tensor => {
    const begin = end
    end += 2 * elements(tensor)
    return [hubName(tensor), { dtype: 'BF16', shape: tensor.dims.toReversed(), data_offsets: [begin, end] }]
  })
  const text = JSON.stringify({ __metadata__: { format: 'pt' }, ...Object.fromEntries(entries) })
  const padded = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(padded.length))
  return Buffer.concat([length, padded])
}
