import { interruption } from '../analysis/interruption.ts'
import { loadFails } from '../analysis/load.ts'
import { unjudged } from '../analysis/targets.ts'
import { count } from '../run/format.ts'
import type { Report } from '../run/schema.ts'
import { gateVerdict } from './gate-table.ts'

/** How a run ended, in one line: a word in capitals, then why. */
export interface Verdict {
  text: string
  tone: 'green' | 'yellow' | 'red'
}

/** The verdict with its reason, such as `FAIL: 1 target missed`; the same in the terminal and on the page. */
export function verdictOf(report: Report): Verdict {
  if (report.verdict === 'nothing-measured') return { tone: 'red', text: `NOTHING MEASURED: ${whyNothing(report)}` }
  if (report.verdict === 'fail') return { tone: 'red', text: `FAIL: ${whyFailed(report)}` }
  const { reference } = report
  if (reference && reference.verdict !== 'pass') return { tone: 'red', text: gateVerdict(reference) }
  const measured = count(report.scenarios.filter(scenario => scenario.n > 0).length, 'scenario')
  if (report.verdict === 'measured') {
    const gated = reference ? ', not slower than the reference' : ''
    return { tone: 'yellow', text: `MEASURED: ${measured}${gated}; ${unjudged(report)}` }
  }
  const targets = report.scenarios.flatMap(scenario => scenario.targets)
  const passed = targets.filter(target => target.verdict === 'pass').length
  const met = targets.length > 0 && `${passed} of ${count(targets.length, 'target')} met`
  const short = targets.filter(target => target.kind === 'goal' && target.verdict === 'fail').length
  const well = [
    `${measured} measured`,
    met,
    short > 0 && `${count(short, 'goal')} missed`,
    reference && 'not slower than the reference',
  ]
  return { tone: 'green', text: `PASS: ${well.filter(Boolean).join(', ')}` }
}

function whyNothing({ interrupted, scenarios }: Report): string {
  if (interrupted) return interruption(interrupted)
  return scenarios.some(scenario => scenario.n > 0) ? "only the baseline's trials counted" : 'no trial counted'
}

function whyFailed({ scenarios, interrupted }: Report): string {
  const targets = scenarios.flatMap(scenario => scenario.targets)
  const missed = targets.filter(target => target.kind === 'must' && target.verdict === 'fail').length
  const failed = scenarios.filter(scenario => scenario.outcome === 'failed' || scenario.failed > 0).length
  const slow = scenarios.filter(loadFails).length
  const why = [
    interrupted && interruption(interrupted),
    missed > 0 && `${count(missed, 'target')} missed`,
    failed > 0 && `${count(failed, 'scenario')} failed`,
    slow > 0 && `${count(slow, 'scenario')} slower or failed under load`,
  ]
  return why.filter(Boolean).join(', ')
}
