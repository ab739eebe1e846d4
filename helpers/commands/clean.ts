import { findTraces, removeTraces, type Trace } from '../../fixtures/clean/traces.ts'
import { lockFiles } from '../../fixtures/run/claim.ts'
import { bytes } from '../../reports/run/format.ts'
import { configuration } from '../config/configuration.ts'
import { parseWords, runCommand, withUsage } from '../core/command-line.ts'
import { EXIT, Problem } from '../core/problem.ts'
import { command } from '../host/command.ts'
import { becomeRoot } from '../host/root.ts'
import { lockRun } from '../host/run-lock.ts'

const USAGE = `Usage: npm run clean -- [--yes]

Lists what the suite has made on this host, with sizes, and removes it with --yes. Results, the checkout and what is not
the suite's stay.`

async function main(argv: string[]): Promise<number> {
  const options = { yes: { type: 'boolean', default: false } } as const
  const { yes } = withUsage(USAGE, () => parseWords({ args: argv, options })).values
  await becomeRoot()
  const c = configuration()
  const release = yes ? lockRun(lockFiles(c)) : () => {}
  const traces = await findTraces(c)
  console.log(traces.own.length > 0 ? await listed(traces.own) : 'The suite has left nothing on this host.')
  if (traces.others.length > 0)
    console.log(
      `\nNot the suite's, or another store's, and never removed here (rm, if nobody needs it):\n` +
        `${await listed(traces.others)}`,
    )
  console.log('\nResults stay, and so do the Debian packages that set-up installed (apt removes them).')
  if (!yes) {
    if (traces.own.length > 0)
      console.log('Nothing was removed. To remove what is listed first: npm run clean -- --yes')
    return EXIT.ok
  }
  const left = removeTraces(c, traces)
  release()
  if (left.length > 0)
    throw new Problem(
      `not removed: ${left.map(({ path }) => path).join(', ')}\nSomething is mounted in it, or still uses it: ` +
        'findmnt and fuser -vm name it.',
    )
  console.log('Removed.')
  return EXIT.ok
}

/** One line each, with its size, and the sum. */
async function listed(traces: Trace[]): Promise<string> {
  const sizes = await Promise.all(traces.map(({ path }) => sizeOf(path)))
  const width = Math.max(...traces.map(({ path }) => path.length))
  const line = (size: number, path: string, what: string) =>
    `${bytes(size).padStart(9)}  ${path.padEnd(width)}  ${what}`.trimEnd()
  return [
    ...traces.map(({ path, what }, index) => line(sizes[index]!, path, what)),
    ...(traces.length > 1
      ? [
          line(
            sizes.reduce((sum, size) => sum + size, 0),
            'in all',
            '',
          ),
        ]
      : []),
  ].join('\n')
}

/** Bytes on its disk or in memory. */
async function sizeOf(path: string): Promise<number> {
  const { stdout } = await command('du', ['--summarize', '--block-size=1', '--', path], { timeout: 120 }).catch(() => ({
    stdout: '0',
  }))
  return Number.parseInt(stdout, 10) || 0
}

if (import.meta.main) await runCommand(USAGE, main)
