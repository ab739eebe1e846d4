import { existsSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { DEFAULT_MODEL, defaultModel, randomModel } from '../models/embedded.ts'
import {
  BY_STRATEGY,
  type DebianImage,
  type EngineDescription,
  FROM_HOST,
  type Model,
  type Variables,
} from './description.ts'

export const LLAMA_SERVER = '/usr/bin/llama-server'

const GIB = 1024 ** 3

export const LLAMA_IMAGE: DebianImage = {
  name: 'llama-cpp',
  suite: 'forky',
  packages: [
    'base-files',
    'llama.cpp-tools',
    'libggml0',
    'libllama0',
    'libc6',
    'libgcc-s1',
    'libstdc++6',
    'libgomp1',
    'libssl3t64',
  ],
  version: 'llama.cpp-tools',
}

/** llama.cpp's llama-server on the CPU: the embedded default, real on any host. */
export const llamaCpp: EngineDescription = {
  label: 'llama.cpp',
  gpu: false,
  image: LLAMA_IMAGE,
  program: { path: LLAMA_SERVER, tested: '0.7.0' },
  modelIsFile: true,
  model: ggufFile,
  unusable,
  entrypoint: true,
  // an archive of each kind and the unpacked pages
  tmpfs: modelBytes => 6 * modelBytes + GIB,
  benches: BY_STRATEGY,
}

function unusable({ MODEL_ID, ENGINE_IMAGE }: Variables): string | undefined {
  if (ENGINE_IMAGE === FROM_HOST)
    return 'ENGINE_IMAGE: received "host", which ENGINE=openai and vllm take; leave it out for the suite\'s own image'
  const what = MODEL_ID && noFile(MODEL_ID)
  if (what)
    return (
      `MODEL_ID: received "${MODEL_ID}", which is ${what}; ENGINE=llama-cpp takes the path of a GGUF file, ` +
      `or leave MODEL_ID out for ${DEFAULT_MODEL.file}`
    )
  return undefined
}

/** What stands at a path instead of a file; undefined where one does. */
function noFile(path: string): string | undefined {
  // stat itself throws at a name that is too long
  const found = existsSync(path) ? statSync(path) : undefined
  if (found?.isFile()) return undefined
  return found?.isDirectory() ? 'a folder' : 'no file'
}

/** The GGUF file that is named, one of random weights, or the embedded one. */
function ggufFile({ MODEL_ID, MODEL_SIZE, MODELS_CACHE }: Variables): Model {
  const id = resolve(MODEL_ID ?? (MODEL_SIZE ? randomModel(MODELS_CACHE, MODEL_SIZE) : defaultModel(MODELS_CACHE)))
  return {
    id,
    folder: dirname(id),
    bytes: MODEL_ID ? Math.max(1, statSync(MODEL_ID).size) : (MODEL_SIZE ?? DEFAULT_MODEL.bytes),
    isRandom: !MODEL_ID && MODEL_SIZE !== undefined,
    isDefault: !MODEL_ID && MODEL_SIZE === undefined,
  }
}
