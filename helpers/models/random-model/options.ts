import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { parseWords, withUsage } from '../../core/command-line.ts'
import { checkCreatable } from '../../core/creatable.ts'
import { Problem } from '../../core/problem.ts'

/** The shapes of random models and the command line of `npm run random-model`. */

const shapes = z.record(
  z.string(),
  z.object({ source: z.string(), family: z.string(), config: z.record(z.string(), z.json()) }),
)

/** Real configurations by name, as their makers published them. */
export const SHAPES = shapes.parse(JSON.parse(readFileSync(join(import.meta.dirname, 'shapes.json'), 'utf8')))

const QUANTIZATIONS = ['none', 'fp8']

export const USAGE = `Usage: npm run random-model -- --shape SHAPE (--out DIR | --hub NAME) [--layers COUNT]
                               [--quantization none|fp8] [--python PROGRAM] [--seed NUMBER]
       npm run random-model -- --lora-of MODEL --out DIR [--rank NUMBER] [--python PROGRAM] [--seed NUMBER]

Writes a Hugging Face model folder with random weights: as large and as fast as the real one, without a download.
Then: MODEL_ID=DIR. Needs a Python with torch (--python, python3 otherwise).
--layers makes a smaller model of the same shape; fp8 is a checkpoint in float8_e4m3 with a scale for each matrix.
With --hub it goes into the hub's cache in MODELS_CACHE, as if NAME had been downloaded, for what takes no folder, such
as vLLM's own snapshot: MODEL_ID=NAME.
--lora-of writes a LoRA adapter of the attention's matrices for a model folder instead; rank 16 unless told.

Shapes: ${Object.keys(SHAPES).join(', ')}`

export interface ModelOptions {
  /** What is made, for people. */
  label: string
  /** Folder for it; undefined where it goes into the hub's cache. */
  out: string | undefined
  /** Its name there. */
  hub: string | undefined
  python: string
  seed: string
  what: 'model' | 'lora'
  /** Arguments of make.py after what is made, where, and the seed. */
  args: string[]
}

/** @throws Problem naming what is wrong */
export function parseOptions(args: string[]): ModelOptions {
  const { values } = withUsage(USAGE, () => parseWords({ args, options: OPTIONS }))
  const own = values['lora-of'] === undefined ? modelArguments(values) : loraArguments(values, values['lora-of'])
  const { out, hub, seed, python } = values
  if (!out && !hub) throw new Problem(`--out is missing: the model's folder\n${USAGE}`)
  if (out && hub) throw new Problem(`--out and --hub: give one of them, not both\n${USAGE}`)
  if (hub !== undefined && !/^[\w-][\w.-]*\/[\w-][\w.-]*$/.test(hub))
    throw new Problem(`--hub: received "${hub}", allowed is OWNER/NAME, such as random/${values.shape}`)
  if (!/^\d{1,9}$/.test(seed)) throw new Problem(`--seed: received "${seed}", allowed is a whole number`)
  if (out) checkCreatable('--out', out)
  return { ...own, out: out && resolve(out), hub, python, seed }
}

type Own = Pick<ModelOptions, 'label' | 'what' | 'args'>

interface Values {
  shape?: string
  layers?: string
  quantization?: string
  rank?: string
  hub?: string
}

function modelArguments({ shape, layers, quantization, rank }: Values): Own {
  if (!shape || !Object.hasOwn(SHAPES, shape))
    throw new Problem(
      `--shape: received ${shape ? `"${shape}"` : 'nothing'}, allowed are ${Object.keys(SHAPES).join(', ')}`,
    )
  if (rank !== undefined) throw new Problem('--rank belongs to an adapter: name its model with --lora-of')
  if (!QUANTIZATIONS.includes(quantization ?? 'none'))
    throw new Problem(`--quantization: received "${quantization}", allowed are ${QUANTIZATIONS.join(' and ')}`)
  if (layers !== undefined && !/^[1-9]\d{0,3}$/.test(layers))
    throw new Problem(`--layers: received "${layers}", allowed is 1 to 9999`)
  const label = [shape, layers && `${layers} layers`, quantization].filter(Boolean).join(', ')
  return { label, what: 'model', args: [shape, layers ?? '0', quantization ?? 'none'] }
}

function loraArguments({ shape, layers, quantization, hub, rank = '16' }: Values, model: string): Own {
  if (shape !== undefined || layers !== undefined || quantization !== undefined)
    throw new Problem('--lora-of takes shape, layers and quantization from the model: leave out those options')
  if (hub !== undefined) throw new Problem('--lora-of writes a folder: name it with --out')
  if (!existsSync(join(model, 'config.json')))
    throw new Problem(`--lora-of: received "${model}", where there is no config.json: name a model's folder`)
  if (!/^[1-9]\d{0,2}$/.test(rank)) throw new Problem(`--rank: received "${rank}", allowed is 1 to 999`)
  return { label: `LoRA of rank ${rank} for ${model}`, what: 'lora', args: [resolve(model), rank] }
}

const OPTIONS = {
  shape: { type: 'string' },
  layers: { type: 'string' },
  quantization: { type: 'string' },
  'lora-of': { type: 'string' },
  rank: { type: 'string' },
  out: { type: 'string' },
  hub: { type: 'string' },
  python: { type: 'string', default: 'python3' },
  seed: { type: 'string', default: '0' },
} as const
