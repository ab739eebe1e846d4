import { existsSync } from 'node:fs'
import { isAbsolute, resolve } from 'node:path'
import { byName, type EngineDescription, FROM_HOST, type Variables } from './description.ts'

/** vLLM's V1 engine on an NVIDIA GPU. */
export const vllm: EngineDescription = {
  label: 'vLLM',
  gpu: true,
  takesShare: true,
  image: { named: ({ vllmImage }) => vllmImage },
  hostPackage: 'vllm',
  openFiles: 65_536,
  modelIsFile: false,
  model(variables) {
    const model = byName(variables, 'Qwen/Qwen2-1.5B-Instruct')
    return { ...model, folder: existsSync(model.id) ? resolve(model.id) : undefined }
  },
  unusable,
  inventsWeights: engineArgs => /(^| )--load[-_]format[ =]dummy( |$)/.test(engineArgs.join(' ')),
  entrypoint: true,
  sleeps: true,
  tensorParallel: /^(-tp|--tensor[-_]parallel[-_]size)(=|$)/,
  // from the way of the original scripts to the best
  benches: ['ladder'],
}

/** With an image of another's, a path may be one within it. */
function unusable({ MODEL_ID, ENGINE_IMAGE, VLLM_IMAGE }: Variables): string | undefined {
  const gone = (ENGINE_IMAGE ?? VLLM_IMAGE) === FROM_HOST && MODEL_ID && isAbsolute(MODEL_ID) && !existsSync(MODEL_ID)
  if (!gone) return undefined
  return (
    `MODEL_ID: received "${MODEL_ID}", and nothing is there; with VLLM_IMAGE=host it is a folder of this host that ` +
    'vLLM can load, or a name of the model hub, such as Qwen/Qwen2-1.5B-Instruct'
  )
}
