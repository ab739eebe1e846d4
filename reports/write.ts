import { renderBenchmark } from './benchmark-json.ts'
import { compareRuns, readReference } from './compare.ts'
import { renderPage } from './html/page.ts'
import { renderJunit } from './junit.ts'
import { runFolder, writeWhole } from './run-folder.ts'
import { type Report, reportSchema } from './schema.ts'
import { summarize } from './summary.ts'
import { readRun, readTrials } from './trials.ts'

/** Makes the report of a run folder from run.json and trials.jsonl, the gate's comparison included; writes nothing. @throws Problem */
export function makeReport(path: string): Report {
  const folder = runFolder(path)
  const run = readRun(folder.run)
  const { trials, notes } = readTrials(folder.trials)
  const report = summarize(run, trials, notes)
  if (!run.reference) return report
  const { path: where, tolerance, any_host: anyHost } = run.reference
  return { ...report, reference: compareRuns(readReference(where), report, { path: where, tolerance, anyHost }) }
}

/**
 * Writes every file of a run folder that can be made from run.json and trials.jsonl: report.json, report.html, junit.xml,
 * benchmark.json. vitest.json and the logs are left as they are.
 * @throws Problem where a file is missing or broken, or where the reference cannot be compared with
 */
export function writeReport(path: string): Report {
  const folder = runFolder(path)
  const report = reportSchema.parse(makeReport(path))
  writeWhole(folder.report, `${JSON.stringify(report, undefined, 2)}\n`)
  writeWhole(folder.junit, renderJunit(report))
  writeWhole(folder.benchmark, renderBenchmark(report))
  writeWhole(folder.html, renderPage(report))
  return report
}
