import { join } from 'node:path'

/** The model of an engine that reads a file, where none is named. */

/** What set-up fetches; helpers/setup/smollm2.ts says where it comes from. */
export const DEFAULT_MODEL = { file: 'SmolLM2-135M-Instruct.Q4_1.gguf', bytes: 98_362_432 }
/** Bytes of the random model that takes its place where it cannot be had: about as many. */
const STAND_IN_BYTES = 1e8
/** Record of set-up: why there is a random model in its place. */
export const STAND_IN_RECORD = 'model-stand-in'

/** The file that the default model is, there or not. */
export const defaultModel = (modelsCache: string): string => join(modelsCache, DEFAULT_MODEL.file)

/** The file of random weights of about so many bytes, there or not. */
export const randomModel = (modelsCache: string, bytes: number): string =>
  join(modelsCache, `random-${Math.round(bytes / 1e6)}mb.gguf`)

/** The same configuration with a random model in place of the default one. */
export function withStandIn<C extends { modelsCache: string }>(c: C) {
  return { ...c, modelId: randomModel(c.modelsCache, STAND_IN_BYTES), modelBytes: STAND_IN_BYTES, modelIsRandom: true }
}
