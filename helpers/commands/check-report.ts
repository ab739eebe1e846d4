import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type Effects, missingEffects } from '../../reports/analysis/effects.ts'
import { FORMATS } from '../../reports/render/formats.ts'
import { runFolder } from '../../reports/run/run-folder.ts'
import { type Report, reportSchema, runSchema } from '../../reports/run/schema.ts'
import { checked, noRunAt, readTrials } from '../../reports/run/trials.ts'
import { latestRun } from '../config/results-folder.ts'
import { parseWords, runCommand, withUsage } from '../core/command-line.ts'
import { Problem } from '../core/problem.ts'

/** Share of TFFT that no phase may leave unexplained, in the median trial. */
const UNATTRIBUTED = 0.05

/**
 * `npm run check-report -- RUN`: every file of a run is there and well-formed, every trial counted,
 * every second has a phase, and the effects that are asked for are there.
 */
export function checkReport(path: string, effects: Effects = {}): Report {
  if (!existsSync(path)) throw new Problem(noRunAt(path))
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
  const all = [...wrong, ...new Set(silent), ...missingEffects(report, effects)]
  if (all.length > 0) throw new Problem(all.join('\n'), { exitCode: 1 })
  return report
}

const USAGE = `Usage: npm run check-report -- [RUN] [--faster ID] [--slower ID] [--first-phase SHARE]
RUN: a folder of results, the newest run by default.
--faster, --slower: the whole interval of this scenario's speedup lies above or below 1; may be given more than once.
--first-phase: no restored server's first-token phase is shorter than this share of its baseline's.`

function parse(args: string[]): { path: string; effects: Effects } {
  return withUsage(USAGE, () => {
    const { values, positionals } = parseWords({
      args,
      allowPositionals: true,
      options: {
        faster: { type: 'string', multiple: true },
        slower: { type: 'string', multiple: true },
        'first-phase': { type: 'string' },
      },
    })
    const [path = latestRun(), ...rest] = positionals
    if (rest.length > 0) throw new Problem(`one run is checked, received ${positionals.join(' ')}`)
    const { faster = [], slower = [], 'first-phase': share } = values
    if (share === undefined) return { path, effects: { faster, slower } }
    if (!(Number(share) > 0 && Number(share) <= 1))
      throw new Problem(`--first-phase is a share above 0 and up to 1, such as 0.6; received "${share}"`)
    return { path, effects: { faster, slower, firstToken: Number(share) } }
  })
}

function main(argv: string[]): void {
  const { path, effects } = parse(argv)
  const { scenarios, verdict } = checkReport(path, effects)
  console.log(`${path}: ${scenarios.length} scenarios, every trial counted, verdict ${verdict}`)
}

if (import.meta.main) await runCommand(USAGE, main)
