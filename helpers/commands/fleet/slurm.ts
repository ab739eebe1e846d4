import { existsSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { writeWhole } from '../../../reports/run/run-folder.ts'
import { checkCreatable } from '../../core/creatable.ts'
import { EXIT, Problem } from '../../core/problem.ts'
import { command } from '../../host/command.ts'
import { batchScript } from './batch-script.ts'
import { follow } from './follow.ts'
import { hostList } from './host-list.ts'
import { merge } from './merge.ts'
import { checkedBenches, options } from './options.ts'
import { wholeNumber } from './whole-number.ts'

/** Seconds that Slurm's programs get. */
const TIMEOUT = 60
const CHECKOUT = resolve(import.meta.dirname, '../../..')

/**
 * `npm run fleet -- slurm --nodes LIST|--all-idle`: prints a batch script with one task on each node; `--submit` keeps
 * it in the results' folder and submits it; `--follow` does that too, and stays until the job has ended.
 * @returns the merge's exit code where it followed
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
    follow: { type: 'boolean', default: false },
  })
  const { nodes: list, 'all-idle': idle, partition, name } = values
  if ((list === undefined) === !idle)
    throw new Problem(`one of --nodes LIST and --all-idle is needed, received ${idle ? 'both' : 'neither'}`)
  for (const [what, word] of [['--name', name] as const, ['--partition', partition ?? 'x'] as const])
    if (!/^\w[\w.-]*$/.test(word)) throw new Problem(`${what}: received ${JSON.stringify(word)}, wanted a plain name`)
  checkCreatable('--results', values.results)
  const results = resolve(values.results)
  // a comment line of the script names it
  if (/\s/.test(results))
    throw new Problem(`--results: received ${JSON.stringify(results)}, wanted a path without blanks`)
  const nodes = list === undefined ? await idleNodes(partition) : hostList(list)
  const script = batchScript({
    nodes,
    name,
    results,
    checkout: CHECKOUT,
    ...(partition ? { partition } : {}),
    gpus: wholeNumber('--gpus', values.gpus, 0),
    // what is left after the time for the report
    minutes: wholeNumber('--minutes', values.minutes, 5),
    benches: checkedBenches(positionals),
  })
  if (!values.submit && !values.follow) {
    print(script)
    return EXIT.ok
  }
  const said = await submit(results, script)
  print(said)
  return values.follow ? await answer(said, results, nodes, print) : EXIT.ok
}

/** Follows the job to its end, then says what the merge says. */
async function answer(said: string, results: string, nodes: string[], print: (text: string) => void): Promise<number> {
  const [, job] = /^Submitted batch job (\d+)/m.exec(said) ?? []
  if (!job) throw new Problem(`sbatch names no job to follow, it printed: ${said}`)
  const folder = join(results, job)
  console.error(`to stop it: scancel ${job}; logs: tail -F ${folder}/*.log; without this command the job goes on`)
  await follow(job, folder, nodes, line => console.error(line))
  if (!existsSync(folder))
    throw new Problem(`job ${job} ended before it began: sacct -j ${job}, ${results}/slurm-${job}.log`)
  return merge([folder], print)
}

async function idleNodes(partition: string | undefined): Promise<string[]> {
  const asked = [
    '--noheader',
    '--Node',
    '--states=idle',
    '--format=%N %T',
    ...(partition ? ['--partition', partition] : []),
  ]
  const { stdout } = await command('sinfo', asked, { timeout: TIMEOUT })
  // sinfo calls drained nodes and such that do not answer idle too: the state in full tells
  const idle = stdout
    .split('\n')
    .map(line => line.trim().split(/\s+/))
    .filter(([, state]) => state === 'idle')
  const names = [...new Set(idle.map(([name]) => name!))]
  if (names.length === 0) throw new Problem('--all-idle: sinfo names no idle node; sinfo --Node shows why')
  return names
}

/** @returns what sbatch printed */
async function submit(results: string, script: string): Promise<string> {
  mkdirSync(results, { recursive: true })
  const file = join(results, 'fleet.sbatch')
  writeWhole(file, script)
  return `${(await command('sbatch', [file], { timeout: TIMEOUT })).stdout.trimEnd()}\n`
}
