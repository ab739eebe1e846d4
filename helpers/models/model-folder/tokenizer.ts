import { Problem } from '../../core/problem.ts'
import type { Value } from './gguf-file.ts'

/** The tokenizer of a GGUF file as the files that Hugging Face's libraries read. */

/** llama.cpp's types of tokens that text is never split into. */
const CONTROL = 3

const BYTE_LEVEL = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true }
/** By llama.cpp's name of how text is split before its merges: src/llama-vocab.cpp has the same as patterns. */
const SPLITS: Record<string, object> = {
  'gpt-2': BYTE_LEVEL,
  smollm: { type: 'Sequence', pretokenizers: [{ type: 'Digits', individual_digits: true }, BYTE_LEVEL] },
}

type Metadata = ReadonlyMap<string, Value>

/** tokenizer.json of the library tokenizers. @throws Problem for a tokenizer of another kind */
export function tokenizer(metadata: Metadata) {
  const kind = metadata.get('tokenizer.ggml.model')
  if (kind !== 'gpt2') throw new Problem(`its tokenizer is of the kind ${JSON.stringify(kind)}, known is "gpt2"`)
  const split = String(metadata.get('tokenizer.ggml.pre'))
  if (!Object.hasOwn(SPLITS, split))
    throw new Problem(`its tokenizer splits text as ${split} does, known are ${Object.keys(SPLITS).join(', ')}`)
  const tokens = list(metadata, 'tokenizer.ggml.tokens').map(String)
  const types = list(metadata, 'tokenizer.ggml.token_type')
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: tokens.flatMap((content, id) =>
      types[id] === CONTROL
        ? [{ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true }]
        : [],
    ),
    normalizer: null,
    pre_tokenizer: SPLITS[split],
    post_processor: null,
    decoder: BYTE_LEVEL,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: list(metadata, 'tokenizer.ggml.merges').map(String),
    },
  }
}

/** tokenizer_config.json. @param length the model's context, tokens */
export function tokenizerConfig(metadata: Metadata, length: number) {
  const tokens = list(metadata, 'tokenizer.ggml.tokens')
  const named = (name: string) => {
    const id = metadata.get(`tokenizer.ggml.${name}_token_id`)
    return id === undefined ? undefined : String(tokens[Number(id)])
  }
  return {
    tokenizer_class: 'PreTrainedTokenizerFast',
    model_max_length: length,
    add_prefix_space: false,
    clean_up_tokenization_spaces: false,
    bos_token: named('bos'),
    eos_token: named('eos'),
    pad_token: named('padding') ?? named('eos'),
    unk_token: named('unknown'),
    chat_template: metadata.get('tokenizer.chat_template'),
  }
}

function list(metadata: Metadata, key: string): Value[] {
  const value = metadata.get(key)
  if (!Array.isArray(value)) throw new Problem(`it has no list ${key}`)
  return value
}
