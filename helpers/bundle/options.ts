import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseWords, withUsage } from '../core/command-line.ts'
import { checkCreatable } from '../core/creatable.ts'
import { Problem } from '../core/problem.ts'
import type { BundleOptions } from './bundle.ts'
import { requirements } from './wheels.ts'

/** The command line of `npm run bundle`. */

export const USAGE = `Usage: npm run bundle -- --out DIR [--part-size 57MB] [--wheels REQUIREMENT ...] [--have FILE]
                               [--override REQUIREMENT ...] [--slim] [--python 3.12] [--no-engine]

Packs what a GPU host without a network needs into DIR: part.00, part.01, …, SHA256SUMS and install.sh.
On the host: put all of them into one folder and run  sh install.sh --help

  --part-size  bytes that no part exceeds (kB, MB, GB; kiB, MiB, GiB)
  --wheels     Python packages with all they need, for VLLM_IMAGE=host; may be given several times:
               --wheels vllm==0.26.0
  --have       file with what that host's Python has already, lines NAME or NAME==VERSION (pip freeze there)
  --override   a version taken in place of those that packages ask for; may be given several times:
               --override torch==2.11.0
  --slim       leave out what serving a text model on Hopper does not use (helpers/bundle/slim.ts lists it)
  --python     version of that host's Python
  --no-engine  leave out llama.cpp and SmolLM2, the engine of a host without a GPU`

const UNITS: Record<string, number> = { '': 1, k: 1e3, M: 1e6, G: 1e9, ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 }

/** Bytes. @throws Problem for another form */
export function partSize(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*(|k|M|G|ki|Mi|Gi)B?$/.exec(text) ?? []
  const bytes = Math.floor(Number(number) * UNITS[unit ?? '']!)
  if (!(bytes >= 1e6))
    throw new Problem(`--part-size: received "${text}", allowed is a size of at least 1MB, such as 57MB`)
  return bytes
}

/** @throws Problem naming what is wrong */
export function parseOptions(args: string[]): BundleOptions {
  const { values } = withUsage(USAGE, () => parseWords({ args, options: OPTIONS }))
  if (!values.out) throw new Problem(`--out is missing: the folder for the parts\n${USAGE}`)
  if (!/^3\.\d+$/.test(values.python))
    throw new Problem(`--python: received "${values.python}", allowed is a version such as 3.12`)
  const wheels = values.wheels ?? []
  const override = values.override ?? []
  checkRequirements('--wheels', wheels, 'vllm==0.26.0')
  checkRequirements('--override', override, 'torch==2.11.0')
  if (values.have && !existsSync(values.have)) throw new Problem(`--have: there is no file ${values.have}`)
  checkCreatable('--out', values.out)
  return {
    out: resolve(values.out),
    partSize: partSize(values['part-size']),
    wheels,
    have: values.have ? requirements(readFileSync(values.have, 'utf8')) : [],
    override,
    slim: values.slim,
    python: values.python,
    engine: !values['no-engine'],
  }
}

/** @throws Problem naming the first that is none */
function checkRequirements(option: string, received: string[], example: string): void {
  const odd = received.find(requirement => !/^[A-Za-z0-9]/.test(requirement) || /\s/.test(requirement))
  if (odd !== undefined) throw new Problem(`${option}: received "${odd}", allowed is a requirement such as ${example}`)
}

const OPTIONS = {
  out: { type: 'string' },
  'part-size': { type: 'string', default: '57MB' },
  wheels: { type: 'string', multiple: true },
  have: { type: 'string' },
  override: { type: 'string', multiple: true },
  slim: { type: 'boolean', default: false },
  python: { type: 'string', default: '3.12' },
  'no-engine': { type: 'boolean', default: false },
} as const
