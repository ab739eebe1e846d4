import { performance } from 'node:perf_hooks'
import { stdout } from 'node:process'
import { wrap } from '../../reports/render/text.ts'
import { configuration } from '../config/configuration.ts'
import { refuseArguments, runCommand } from '../core/command-line.ts'
import { becomeRoot } from '../host/root.ts'
import { endOnSignal } from '../host/signals.ts'
import { setUp } from '../setup/steps.ts'

/** `npm run setup`: makes what a run needs and is missing. Exit 0, or 2 with what to do. */

const USAGE = `Usage: npm run setup

Creates what a run needs and is missing: packages, CRIU, a tmpfs, the engine's image, the model. Needs root.
Its settings are variables (docs/variables.md); npm run doctor shows what is there.`

const PREFIX = 'set-up: '

/** Wraps a line at the width of the terminal; a file gets it whole, for grep. */
function say(line: string): void {
  const width = (stdout.columns ?? Number.POSITIVE_INFINITY) - PREFIX.length
  console.log(PREFIX + wrap(line, width).join(`\n${' '.repeat(PREFIX.length)}`))
}

async function main(argv: string[]): Promise<void> {
  refuseArguments(argv, USAGE)
  await becomeRoot()
  // ending is enough: half-done work stands under another name and is redone, children end with this process
  endOnSignal(() => console.error('criu-gpu-bench: set-up was interrupted; run it again to continue'))
  const c = configuration()
  const made = await setUp(c, say)
  say(
    `${made.length ? `${made.join(', ')} made` : 'everything is there'} ` +
      `(${(performance.now() / 1000).toFixed(1)} s)`,
  )
}

if (import.meta.main) await runCommand(USAGE, main)
