import { join } from 'node:path'
import { stdout } from 'node:process'
import { reportExitCode } from '../../reports/analysis/exit-code.ts'
import { page } from '../../reports/render/html/page.ts'
import { renderTable } from '../../reports/render/table.ts'
import { writeReportIfRoom } from '../../reports/render/write.ts'
import { latestRun } from '../config/results-folder.ts'
import { runCommand } from '../core/command-line.ts'
import { Problem } from '../core/problem.ts'

const USAGE = `Usage: npm run report -- [RUN]

Rebuilds a run's files from its run.json and trials.jsonl, and prints the table; RUN: the newest run by default.
Its exit code is the run's.`

/**
 * `npm run report -- results/RUN`: makes every file of a run again from run.json and trials.jsonl,
 * and prints the table.
 */
export function main(argv: string[], print: (text: string) => void = text => stdout.write(text)): number {
  const [path = latestRun(), ...rest] = argv
  if (rest.length > 0 || path.startsWith('-'))
    throw new Problem(
      `npm run report takes the folder of one run, received: ${argv.join(' ')}\n` +
        'For example: npm run report -- results/latest',
    )
  const { report, unwritten } = writeReportIfRoom(path)
  print(
    renderTable(report, {
      columns: stdout.columns || 80,
      colour: stdout.isTTY && !process.env.NO_COLOR,
      ...(!unwritten && { path: join(path, page.file) }),
    }),
  )
  if (unwritten) throw unwritten
  return reportExitCode(report)
}

if (import.meta.main) await runCommand(USAGE, argv => main(argv))
