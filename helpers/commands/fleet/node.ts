import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, realpathSync } from 'node:fs'
import { constants, hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { NODE_END, type NodeEnd } from '../../../reports/analysis/fleet/node-end.ts'
import { runFolder, writeWhole } from '../../../reports/run/run-folder.ts'
import { checkCreatable } from '../../core/creatable.ts'
import { Problem } from '../../core/problem.ts'
import { writing } from '../../core/unwritable.ts'
import { exitMap, outcomeOf } from './exit-map.ts'
import { NODE_RECORD } from './find-runs.ts'
import { options } from './options.ts'

const BOOTSTRAP = resolve(import.meta.dirname, '../../bootstrap.mjs')
/** Of a job and a node: both become folders. */
const NAME = /^\w[\w.-]*$/
/** Ends the remedy: shared storage often takes root for nobody. */
const NOT_ROOTS = ', also for root (NFS: no_root_squash), or name another folder with --results.'
type Environment = Record<string, string | undefined>

/**
 * `npm run fleet -- node --results DIR [-- NAME ...]`: one node's run, for a scheduler. Results lie in DIR/JOB/NODE,
 * what the run prints goes to standard error, and standard output gets one line of JSON: how it ended, with the report.
 * @param argv behind `--`: what `vitest bench` is given
 * @param run sets up and measures; resolves to the suite's exit code
 * @returns the suite's exit code, mapped by EXIT_CODES
 */
export async function node(
  argv: string[],
  print: (text: string) => void,
  env: Environment = process.env,
  run: (words: string[], env: Environment) => Promise<number> = bench,
): Promise<number> {
  const { values, positionals } = options(argv, {
    results: { type: 'string', default: 'results' },
    job: { type: 'string', default: env.SLURM_JOB_ID ?? 'manual' },
    node: { type: 'string', default: env.SLURMD_NODENAME ?? env.NODE_NAME ?? hostname() },
  })
  for (const [what, name] of [['--job', values.job] as const, ['--node', values.node] as const])
    if (!NAME.test(name)) throw new Problem(`${what}: received ${JSON.stringify(name)}, wanted a name such as gpu-7`)
  checkCreatable('--results', values.results)
  const codeOf = exitMap(env.EXIT_CODES)
  const folder = resolve(values.results, values.job, values.node)
  writing(folder, () => mkdirSync(folder, { recursive: true }), NOT_ROOTS)
  const before = newest(folder)
  const code = await run(positionals, { ...env, RESULTS_DIR: folder })
  const after = newest(folder)
  const path = after === before ? null : after!
  const end: Omit<NodeEnd, 'report'> = {
    schema: NODE_END,
    job: values.job,
    node: values.node,
    timestamp: new Date().toISOString(),
    exit_code: code,
    outcome: outcomeOf(code),
    run: path,
  }
  // first what needs no disk: the storage may be what failed
  print(`${JSON.stringify({ ...end, report: reportOf(path) })}\n`)
  writeWhole(join(folder, NODE_RECORD), `${JSON.stringify(end, undefined, 2)}\n`)
  return codeOf(code)
}

function newest(folder: string): string | undefined {
  const latest = join(folder, 'latest')
  return existsSync(latest) ? realpathSync(latest) : undefined
}

function reportOf(run: string | null): unknown {
  const file = run && runFolder(run).report
  return file && existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null
}

/** Its output goes to standard error. A scheduler's signal is passed on: what was measured is reported then. */
async function bench(words: string[], env: Environment): Promise<number> {
  const child = spawn(process.execPath, [BOOTSTRAP, 'setup', 'bench', ...words], { env, stdio: ['ignore', 2, 2] })
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  const forward = (signal: NodeJS.Signals) => child.kill(signal)
  for (const signal of signals) process.on(signal, forward)
  try {
    return await new Promise<number>((done, fail) => {
      child.on('error', fail)
      child.on('close', (code, signal) => done(signal ? 128 + constants.signals[signal] : code!))
    })
  } finally {
    for (const signal of signals) process.off(signal, forward)
  }
}
