import { Problem } from '../../core/problem.ts'
import type { GgufFile, GgufTensor, Value } from './gguf-file.ts'

/** A model of the llama architecture: llama.cpp's names and order of weights, and those of Hugging Face. */

const OUTSIDE: Record<string, string> = {
  'token_embd.weight': 'model.embed_tokens.weight',
  'output_norm.weight': 'model.norm.weight',
  'output.weight': 'lm_head.weight',
}
const IN_A_LAYER: Record<string, string> = {
  attn_norm: 'input_layernorm',
  attn_q: 'self_attn.q_proj',
  attn_k: 'self_attn.k_proj',
  attn_v: 'self_attn.v_proj',
  attn_output: 'self_attn.o_proj',
  ffn_norm: 'post_attention_layernorm',
  ffn_gate: 'mlp.gate_proj',
  ffn_up: 'mlp.up_proj',
  ffn_down: 'mlp.down_proj',
}

/** Its name at Hugging Face. @throws Problem for a tensor that no such model has */
export function hubName({ name }: GgufTensor): string {
  const [, layer, part] = /^blk\.(\d+)\.(\w+)\.weight$/.exec(name) ?? []
  const found = part === undefined ? OUTSIDE[name] : IN_A_LAYER[part] && `layers.${layer}.${IN_A_LAYER[part]}.weight`
  if (!found) throw new Problem(`its tensor ${name} is none of a model of the llama architecture`)
  return part === undefined ? found : `model.${found}`
}

/**
 * llama.cpp turns neighbouring numbers of a head, Hugging Face those half a head apart: rows of Q and K stand in
 * another order. @param row numbers of one row
 */
export function hubOrder({ name }: GgufTensor, { heads, kvHeads }: Heads, weights: Uint16Array, row: number) {
  const count = /\.attn_q\.weight$/.test(name) ? heads : /\.attn_k\.weight$/.test(name) ? kvHeads : undefined
  if (count === undefined) return weights
  const size = weights.length / row / count
  const ordered = new Uint16Array(weights.length)
  for (let to = 0; to < count * size; to++) {
    const within = to % size
    const from = to - within + 2 * (within % (size / 2)) + Math.floor(within / (size / 2))
    ordered.set(weights.subarray(from * row, (from + 1) * row), to * row)
  }
  return ordered
}

export interface Heads {
  heads: number
  kvHeads: number
}

const ARCHITECTURE = 'llama'

/** config.json. @throws Problem for another architecture, or where something is missing */
export function hubConfig({ metadata, tensors }: Pick<GgufFile, 'metadata' | 'tensors'>) {
  const architecture = metadata.get('general.architecture')
  if (architecture !== ARCHITECTURE)
    throw new Problem(`its architecture is ${JSON.stringify(architecture)}, known is "${ARCHITECTURE}"`)
  const scaling = [...metadata.keys()].find(key => key.startsWith('llama.rope.scaling'))
  if (scaling) throw new Problem(`it stretches its positions (${scaling}), which is not known here`)
  const number = (key: string, otherwise?: Value) => {
    const value = metadata.get(key) ?? otherwise
    if (value === undefined) throw new Problem(`it has no ${key}`)
    return Number(value)
  }
  const of = (key: string, otherwise?: number) => number(`llama.${key}`, otherwise)
  const heads = of('attention.head_count')
  const embedding = tensors.find(({ name }) => name === 'token_embd.weight')
  if (!embedding) throw new Problem('it has no token_embd.weight')
  return {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    hidden_size: of('embedding_length'),
    intermediate_size: of('feed_forward_length'),
    num_hidden_layers: of('block_count'),
    num_attention_heads: heads,
    num_key_value_heads: of('attention.head_count_kv', heads),
    head_dim: of('attention.key_length', of('embedding_length') / heads),
    max_position_embeddings: of('context_length'),
    rope_theta: of('rope.freq_base', 10000),
    // GGUF holds it in single precision: 9.999999747378752e-06
    rms_norm_eps: Number(of('attention.layer_norm_rms_epsilon').toPrecision(7)),
    vocab_size: embedding.dims[1]!,
    tie_word_embeddings: !tensors.some(({ name }) => name === 'output.weight'),
    bos_token_id: number('tokenizer.ggml.bos_token_id'),
    eos_token_id: number('tokenizer.ggml.eos_token_id'),
    hidden_act: 'silu',
    attention_bias: false,
    mlp_bias: false,
    torch_dtype: 'bfloat16',
  }
}
