import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { byName, type EngineDescription } from './description.ts'

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
  inventsWeights: engineArgs => /(^| )--load[-_]format[ =]dummy( |$)/.test(engineArgs.join(' ')),
  entrypoint: true,
  sleeps: true,
  tensorParallel: /^(-tp|--tensor[-_]parallel[-_]size)(=|$)/,
  // from the way of the original scripts to the best
  benches: ['ladder'],
}
