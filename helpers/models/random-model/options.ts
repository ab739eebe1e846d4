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

export const USAGE = `Usage: npm run random-model -- --shape SHAPE --out DIR [--python PROGRAM] [--seed NUMBER]

Writes a Hugging Face model folder with random weights: as large and as fast as the real one, without a download.
Then: MODEL_ID=DIR. Needs a Python with torch (--python, python3 otherwise); uses the GPU where there is one.

Shapes: ${Object.keys(SHAPES).join(', ')}`

export interface ModelOptions {
  shape: string
  out: string
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
  if (!values.out) throw new Problem(`--out is missing: the model's folder\n${USAGE}`)
  if (!/^\d{1,9}$/.test(values.seed)) throw new Problem(`--seed: received "${values.seed}", allowed is a whole number`)
  checkCreatable('--out', values.out)
  return { shape: values.shape, out: resolve(values.out), python: values.python, seed: Number(values.seed) }
}

const OPTIONS = {
  shape: { type: 'string' },
  out: { type: 'string' },
  python: { type: 'string', default: 'python3' },
  seed: { type: 'string', default: '0' },
} as const
