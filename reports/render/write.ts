import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Problem } from '../../helpers/core/problem.ts'
import { Unwritable } from '../../helpers/core/unwritable.ts'
import { checkOtherRun, compareRuns, readReference } from '../analysis/compare.ts'
import { summarize } from '../analysis/summary.ts'
import { runFolder, writeWhole } from '../run/run-folder.ts'
import { type Report, type Run, reportSchema } from '../run/schema.ts'
import { readRun, readTrials } from '../run/trials.ts'
import { FORMATS } from './formats.ts'
import type { Recorded } from './report-format.ts'

/**
 * Makes the report of a run folder from run.json and trials.jsonl; writes nothing.
 * @throws Problem where a file is missing or broken
 */
export function makeReport(path: string): Recorded & { report: Report } {
  const folder = runFolder(path)
  const run = readRun(folder.run)
  // the first trial makes the file: a run without any has measured nothing, which is for the verdict to say
  const { trials, notes } = existsSync(folder.trials) ? readTrials(folder.trials) : { trials: [], notes: [] }
  return { run, trials, report: summarize(run, trials, notes) }
}

/**
 * The report of a run folder as it was written; made anew of a run that was killed before, or where it cannot be read.
 * @throws Problem where neither is possible
 */
export function readOrMakeReport(path: string): Report {
  const { report, run } = runFolder(path)
  if (!existsSync(report)) return makeReport(path).report
  try {
    return readReference(report)
  } catch (error) {
    if (!existsSync(run) || !(error instanceof Problem)) throw error
    return makeReport(path).report
  }
}

/**
 * Writes every file of a run folder that can be made from run.json and trials.jsonl: {@link FORMATS}. vitest.json and
 * the logs are left as they are.
 * @throws Problem where a file is missing or broken, or where the reference cannot be compared with; in the latter case
 *   the report is written all the same, without the comparison, and says so
 */
export function writeReport(path: string): Report {
  const { report, ...recorded } = makeReport(path)
  const { reference } = recorded.run
  if (!reference) return writeFiles(path, report, recorded)
  try {
    return writeFiles(path, { ...report, reference: compared(path, reference, report) }, recorded)
  } catch (error) {
    if (error instanceof Problem)
      writeFiles(
        path,
        {
          ...report,
          notes: [...report.notes, `not compared with the reference: ${error.message.split('\n')[0]}`],
        },
        recorded,
      )
    throw error
  }
}

/**
 * The report of a run folder, written where there is room for it: what was measured is shown in any case. @throws
 * Problem as {@link writeReport} otherwise
 */
export function writeReportIfRoom(path: string): { report: Report; unwritten?: Unwritable } {
  try {
    return { report: writeReport(path) }
  } catch (error) {
    if (error instanceof Unwritable) return { report: makeReport(path).report, unwritten: error }
    throw error
  }
}

function compared(folder: string, reference: NonNullable<Run['reference']>, report: Report): Report['reference'] {
  const { path, tolerance, any_host: anyHost } = reference
  checkOtherRun(path, folder)
  return compareRuns(readReference(path), report, { path, tolerance, anyHost })
}

function writeFiles(path: string, made: Report, recorded: Recorded): Report {
  const report = reportSchema.parse(made)
  for (const { file, render } of FORMATS) writeWhole(join(path, file), render(report, recorded))
  return report
}
