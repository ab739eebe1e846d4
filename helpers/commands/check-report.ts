import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { FORMATS } from '../../reports/render/formats.ts'
import { runFolder } from '../../reports/run/run-folder.ts'
import { type Report, reportSchema, runSchema } from '../../reports/run/schema.ts'
import { checked, readTrials } from '../../reports/run/trials.ts'
import { Problem, reportProblem } from '../core/problem.ts'

/** Share of TFFT that no phase may leave unexplained, in the median trial. */
const UNATTRIBUTED = 0.05

/**
 * `npm run check-report -- RUN`: every file of a run is there and well-formed, every trial counted,
 * every second has a phase.
 */
export function checkReport(path: string): Report {
  const files = runFolder(path)
  const made = FORMATS.map(({ file }) => join(path, file))
  const empty = [files.run, files.trials, ...made, files.vitest].filter(
    file => !existsSync(file) || statSync(file).size === 0,
  )
  if (empty.length > 0) throw new Problem(`missing or empty: ${empty.join(', ')}`, { exitCode: 1 })
  const run = checked(runSchema, readFileSync(files.run, 'utf8'), files.run)
  const report = checked(reportSchema, readFileSync(files.report, 'utf8'), files.report)
  const { trials } = readTrials(files.trials)
  const wrong = report.scenarios.flatMap(scenario => {
    const { id, outcome, n, unattributed = 0, tfft } = scenario
    if (outcome !== 'measured' || scenario.failed > 0)
      return [`${id} is ${outcome}, ${scenario.failed} trials failed: ${scenario.reason ?? ''}`]
    if (n < run.iterations) return [`${id} has ${n} trials instead of ${run.iterations}`]
    if (!tfft) return [`${id} is measured, but report.json has no tfft for it`]
    if (unattributed > UNATTRIBUTED * tfft.p50)
      return [`${id}: ${((100 * unattributed) / tfft.p50).toFixed(1)} % of TFFT is unattributed`]
    return []
  })
  const silent = trials
    .filter(trial => !existsSync(join(files.logs, trial.scenario)))
    .map(trial => `no logs of ${trial.scenario}`)
  if (wrong.length + silent.length > 0) throw new Problem([...wrong, ...new Set(silent)].join('\n'), { exitCode: 1 })
  return report
}

if (import.meta.main) {
  try {
    const path = process.argv[2] ?? 'results/latest'
    const { scenarios, verdict } = checkReport(path)
    console.log(`${path}: ${scenarios.length} scenarios, every trial counted, verdict ${verdict}`)
  } catch (error) {
    process.exitCode = reportProblem(error)
  }
}
