import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { withUsage } from '../../core/command-line.ts'
import { checkCreatable } from '../../core/creatable.ts'
import { Problem } from '../../core/problem.ts'

/** The shapes of random models and the command line of `npm run random-model`. */

const shapes = z.record(
  z.string(),
  z.object({ source: z.string(), config: z.record(z.string(), z.union([z.number(), z.boolean()])) }),
)

/** Real configurations by name, as their makers published them. */
export const SHAPES = shapes.parse(JSON.parse(readFileSync(join(import.meta.dirname, 'shapes.json'), 'utf8')))

export const USAGE = `Usage: npm run random-model -- --shape SHAPE (--out DIR | --hub NAME)
                               [--python PROGRAM] [--seed NUMBER]

Writes a Hugging Face model folder with random weights: as large and as fast as the real one, without a download.
Then: MODEL_ID=DIR. Needs a Python with torch (--python, python3 otherwise); uses the GPU where there is one.
With --hub it goes into the hub's cache in MODELS_CACHE, as if NAME had been downloaded, for what takes no folder, such
as vLLM's own snapshot: MODEL_ID=NAME.

Shapes: ${Object.keys(SHAPES).join(', ')}`

export interface ModelOptions {
  shape: string
  /** Folder for the model; undefined where it goes into the hub's cache. */
  out: string | undefined
  /** Its name there. */
  hub: string | undefined
  python: string
  seed: number
}

/** @throws Problem naming what is wrong */
export function parseOptions(args: string[]): ModelOptions {
  const { values } = withUsage(USAGE, () => parseArgs({ args, options: OPTIONS }))
  if (!values.shape || !Object.hasOwn(SHAPES, values.shape))
    throw new Problem(
      `--shape: received ${values.shape ? `"${values.shape}"` : 'nothing'}, there are ` +
        `${Object.keys(SHAPES).join(', ')}`,
    )
  const { out, hub } = values
  if (!out && !hub) throw new Problem(`--out is missing: the model's folder\n${USAGE}`)
  if (out && hub) throw new Problem(`--out and --hub: the model goes to one of them\n${USAGE}`)
  if (hub !== undefined && !/^[\w-][\w.-]*\/[\w-][\w.-]*$/.test(hub))
    throw new Problem(`--hub: received "${hub}", allowed is OWNER/NAME, such as random/${values.shape}`)
  if (!/^\d{1,9}$/.test(values.seed)) throw new Problem(`--seed: received "${values.seed}", allowed is a whole number`)
  if (out) checkCreatable('--out', out)
  return { shape: values.shape, out: out && resolve(out), hub, python: values.python, seed: Number(values.seed) }
}

const OPTIONS = {
  shape: { type: 'string' },
  out: { type: 'string' },
  hub: { type: 'string' },
  python: { type: 'string', default: 'python3' },
  seed: { type: 'string', default: '0' },
} as const
