import { existsSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Configuration } from './configuration.ts'

/** How reports call the model: its name, or the last part of the folder or file that holds it. Never a path of the host. */
export function modelLabel({ modelId, modelIsRandom, modelBytes }: Configuration): string {
  if (modelIsRandom) return `random ${Math.round(modelBytes / 1e6)} MB`
  return existsSync(modelId) ? basename(modelId) : modelId
}

/** True where the suite made the weights: `npm run random-model` says so in config.json. */
export function hasRandomWeights({ modelId, modelIsRandom }: Configuration): boolean {
  if (modelIsRandom) return true
  const config = join(modelId, 'config.json')
  return existsSync(modelId) && statSync(modelId).isDirectory() && existsSync(config) && /"random_weights_seed"/.test(readFileSync(config, 'utf8'))
}
