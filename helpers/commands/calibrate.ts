import { configuration } from '../config/configuration.ts'
import { refuseArguments, runCommand } from '../core/command-line.ts'
import { becomeRoot } from '../host/root.ts'
import { lockRun } from '../host/run-lock.ts'
import { runLock } from '../podman/storage.ts'
import { calibrate, milliseconds } from '../prober/calibration/calibrate.ts'
import type { TryKind } from '../prober/calibration/tries.ts'

/**
 * `npm run calibrate`: measures the prober itself and prints its error; every report from now on carries the figure.
 */

const WORDS: Record<TryKind, string> = {
  listens: 'the server listens from the start',
  'listens-later': 'nobody listens at first',
  'drops-syn': 'SYNs are dropped for the first 300 ms',
}

const TRIES = 200

const USAGE = `Usage: npm run calibrate

Measures the prober's own error, about half a minute; every later report shows it. Needs root.`

async function main(argv: string[]): Promise<void> {
  refuseArguments(argv, USAGE)
  // the figure is kept in STATE_DIR, which is root's
  await becomeRoot()
  const c = configuration()
  // a run beside it would be measured with it
  const release = lockRun([runLock(c.stateDir)])
  process.once('exit', release)
  const { figure, errors } = await calibrate(c.stateDir, TRIES, (done, of) => {
    if (process.stdout.isTTY) process.stdout.write(`\r${done}/${of}`)
  })
  console.log(
    `\rprober's error over ${figure.tries} tries: median ${milliseconds(figure.median)}, worst ` +
      `${milliseconds(figure.worst)}`,
  )
  for (const [kind, seconds] of errors) {
    const sorted = seconds.toSorted((a, b) => a - b)
    console.log(
      `  ${WORDS[kind].padEnd(46)} median ${milliseconds(sorted[sorted.length >> 1]!)}, worst ` +
        `${milliseconds(sorted.at(-1)!)}`,
    )
  }
}

if (import.meta.main) await runCommand(USAGE, main)
