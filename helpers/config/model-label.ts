import { closeSync, existsSync, openSync, readFileSync, readSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { engineDescriptions } from '../engines/index.ts'
import { hubModel, mainRevisionFolder } from '../models/hub.ts'
import type { Configuration } from './configuration.ts'

/**
 * How reports call the model: its name, or the last part of the folder or file that holds it. Never a path of the host.
 */
export function modelLabel({ modelId, modelIsRandom, modelIsDefault, modelBytes }: Configuration): string {
  const why = modelIsDefault ? ', the real model could not be downloaded' : ''
  if (modelIsRandom) return `random ${Math.round(modelBytes / 1e6)} MB${why}`
  return modelIsDefault || existsSync(modelId) ? basename(modelId, '.gguf') : modelId
}

/**
 * True where the weights are random: the suite made them, as it says in the file itself, or the engine invents them.
 */
export function hasRandomWeights({ modelId, modelIsRandom, modelsCache, engine, engineArgs }: Configuration): boolean {
  if (modelIsRandom || engineDescriptions[engine].inventsWeights?.(engineArgs)) return true
  const found = statSync(modelId, { throwIfNoEntry: false })
  if (found?.isFile()) return beginning(modelId).includes(RANDOM_GGUF)
  const folder = found ? modelId : mainRevisionFolder(hubModel(modelsCache, modelId))
  const config = folder && join(folder, 'config.json')
  return config !== undefined && existsSync(config) && /"random_weights_seed"/.test(readFileSync(config, 'utf8'))
}

/** What helpers/models/gguf.ts writes as `general.name`. */
const RANDOM_GGUF = 'random weights'

function beginning(path: string): string {
  const bytes = Buffer.alloc(512)
  const file = openSync(path, 'r')
  try {
    return bytes.toString('latin1', 0, readSync(file, bytes))
  } finally {
    closeSync(file)
  }
}
