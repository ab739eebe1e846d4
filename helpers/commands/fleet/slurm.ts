import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { writeWhole } from '../../../reports/run/run-folder.ts'
import { checkCreatable } from '../../core/creatable.ts'
import { Problem } from '../../core/problem.ts'
import { command } from '../../host/command.ts'
import { batchScript } from './batch-script.ts'
import { hostList } from './host-list.ts'
import { options } from './options.ts'

/** Seconds that Slurm's programs get. */
const TIMEOUT = 60
const CHECKOUT = resolve(import.meta.dirname, '../../..')

/**
 * `npm run fleet -- slurm --nodes LIST|--all-idle`: prints a batch script with one task on each node; `--submit` keeps
 * it in the results' folder and submits it.
 */
export async function slurm(argv: string[], print: (text: string) => void): Promise<number> {
  const { values, positionals } = options(argv, {
    nodes: { type: 'string' },
    'all-idle': { type: 'boolean', default: false },
    partition: { type: 'string' },
    results: { type: 'string', default: 'results' },
    name: { type: 'string', default: 'criu-gpu-bench' },
    gpus: { type: 'string', default: '0' },
    minutes: { type: 'string', default: '60' },
    submit: { type: 'boolean', default: false },
  })
  const { nodes: list, 'all-idle': idle, partition, name } = values
  if ((list === undefined) === !idle) throw new Problem('one of --nodes LIST and --all-idle is needed')
  for (const [what, word] of [['--name', name] as const, ['--partition', partition ?? 'x'] as const])
    if (!/^\w[\w.-]*$/.test(word)) throw new Problem(`${what}: received ${JSON.stringify(word)}, wanted a plain name`)
  checkCreatable('--results', values.results)
  const results = resolve(values.results)
  // a comment line of the script names it
  if (/\s/.test(results))
    throw new Problem(`--results: received ${JSON.stringify(results)}, wanted a path without blanks`)
  const script = batchScript({
    nodes: list === undefined ? await idleNodes(partition) : hostList(list),
    name,
    results,
    checkout: CHECKOUT,
    ...(partition ? { partition } : {}),
    gpus: whole('--gpus', values.gpus, 0),
    // what is left after the time for the report
    minutes: whole('--minutes', values.minutes, 5),
    benches: positionals,
  })
  if (values.submit) await submit(results, script, print)
  else print(script)
  return 0
}

async function idleNodes(partition: string | undefined): Promise<string[]> {
  const asked = [
    '--noheader',
    '--Node',
    '--states=idle',
    '--format=%N',
    ...(partition ? ['--partition', partition] : []),
  ]
  const { stdout } = await command('sinfo', asked, { timeout: TIMEOUT })
  const names = [...new Set(stdout.split('\n').map(line => line.trim()))].filter(Boolean)
  if (names.length === 0) throw new Problem('--all-idle: sinfo names no idle node; sinfo --Node shows why')
  return names
}

async function submit(results: string, script: string, print: (text: string) => void): Promise<void> {
  mkdirSync(results, { recursive: true })
  const file = join(results, 'fleet.sbatch')
  writeWhole(file, script)
  print((await command('sbatch', [file], { timeout: TIMEOUT })).stdout)
}

function whole(what: string, text: string, least: number): number {
  if (!/^\d{1,6}$/.test(text) || Number(text) < least)
    throw new Problem(`${what}: received ${text}, wanted a whole number from ${least} on`)
  return Number(text)
}
