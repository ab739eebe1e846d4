import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { stdout } from 'node:process'
import { readReference } from '../../reports/analysis/compare.ts'
import { MIN_TRIALS } from '../../reports/analysis/targets.ts'
import { writeWhole } from '../../reports/run/run-folder.ts'
import { latestRun, resultsFolder } from '../config/results-folder.ts'
import { runCommand } from '../core/command-line.ts'
import { checkCreatable } from '../core/creatable.ts'
import { Problem } from '../core/problem.ts'
import { quote } from '../host/command.ts'

const USAGE = `Usage: npm run reference -- [RUN] [FILE]

Saves a run to gate against. RUN: the newest run by default; FILE: reference.json in RESULTS_DIR by default.
For example: npm run reference -- results/latest results/reference.json`

/** `npm run reference -- [RUN] [FILE]`: keeps a run's report as what later runs are gated against. */
export function main(argv: string[], print: (text: string) => void = text => stdout.write(text)): number {
  const [run = latestRun(), file = join(resultsFolder(), 'reference.json'), ...rest] = argv
  if (rest.length > 0 || argv.some(word => word.startsWith('-')))
    throw new Problem(`npm run reference takes a run and the file to keep it in, received: ${argv.join(' ')}\n${USAGE}`)
  checkCreatable('FILE', file)
  const report = readReference(run)
  const broken = report.scenarios.filter(scenario => scenario.outcome === 'failed' || scenario.failed > 0)
  if (broken.length > 0)
    throw new Problem(
      `${run} is not a good reference: trials failed in ${broken.map(scenario => scenario.id).join(', ')}. ` +
        'Run again, or name another run.',
    )
  const few = report.scenarios.filter(scenario => scenario.n > 0 && scenario.n < MIN_TRIALS)
  if (few.length > 0)
    throw new Problem(
      `${run} is not a good reference: fewer than ${MIN_TRIALS} trials of ` +
        `${few.map(scenario => scenario.id).join(', ')}, so every comparison with it would be inconclusive. Run ` +
        'again with ITERATIONS=5 or more.',
    )
  mkdirSync(dirname(file), { recursive: true })
  writeWhole(file, `${JSON.stringify(report, undefined, 2)}\n`)
  print(
    `${file} holds the run of ${report.timestamp} with ` +
      `${report.scenarios.filter(scenario => scenario.n > 0).length} scenarios. Gate against it with:\n  ` +
      `REFERENCE=${quote([file])} npx vitest bench\n`,
  )
  return 0
}

if (import.meta.main) await runCommand(USAGE, argv => main(argv))
