import { idleLine, intervalOf, unjudged } from '../../analysis/targets.ts'
import { metricSign, metricValue } from '../../run/format.ts'
import type { Metric, Report, Scenario, TargetResult } from '../../run/schema.ts'
import { mostOf } from '../table.ts'
import { html, idCode, type Markup, type Section, section } from './markup.ts'
import { sentence } from './sections.ts'
import { spread } from './spread.ts'

const MARKS = {
  pass: ['✓', 'met', 'met'],
  fail: ['✗', 'missed', 'missed'],
  inconclusive: ['?', 'inconclusive', 'inconclusive'],
} as const

/** What a start's phases say something of. */
const TIMED: readonly Metric[] = ['tfft.p50', 'tfft.max', 'speedup.p50', 'servers.slowdown']

const TITLE = 'Did it pass?'
const LEAD = 'In brackets: the 95 % interval of a median, and n, the number of trials that counted.'
const KINDS = 'a missed must fails the run, a missed goal does not'
const NO_REFERENCE = 'Not compared with an earlier run: REFERENCE was not set'

/** What was to be reached: a line for each scenario, with what it reached and the limits on it. */
export function targets(report: Report): Section | undefined {
  const judged = report.scenarios.filter(scenario => scenario.targets.length > 0)
  const idle = [report.verdict === 'measured' && unjudged(report), idleLine(report)].filter(Boolean)
  const unused = [judged.length > 0 && KINDS, ...idle, !report.reference && NO_REFERENCE].filter(Boolean)
  const rest = unused.length > 0 && html`<p class="idle">${unused.map(line => `${sentence(line || '')}. `)}</p>`
  if (judged.length === 0) return idle.length > 0 ? section('targets', TITLE, html`${rest}`) : undefined
  return section('targets', TITLE, html`<p class="lead">${LEAD}</p><ul class="targets">${judged.map(line)}</ul>${rest}`)
}

function line(scenario: Scenario): Markup {
  const metrics = Map.groupBy(scenario.targets, ({ metric, actual }) => `${metric} ${actual}`)
  return html`<li>${idCode(scenario.id)}<ul>${[...metrics.values()].map(all => metric(all, scenario))}</ul></li>`
}

/** One metric, which may have a limit that is a must and one that is a goal. */
function metric(all: TargetResult[], scenario: Scenario): Markup {
  const { metric, actual } = all[0]!
  const limits = all.map(target => limit(target, scenario))
  if (actual === null) return html`<li>${metric} <b>not measured</b>${limits}</li>`
  const sure = spread(scenario, metric)
  return html`<li>${metric} <b>${metricValue(metric, actual)}</b> <span class="spread">(${sure})</span>${limits}</li>`
}

function limit(target: TargetResult, scenario: Scenario): Markup {
  const { metric, limit, verdict, kind } = target
  const [mark, word, style] = MARKS[verdict]
  const tone = verdict === 'fail' && kind === 'goal' ? 'inconclusive' : style
  const sign = metricSign(metric) === '<=' ? '≤' : '≥'
  const drawn = html`<span class="mark ${tone}" role="img" aria-label="${word}">${mark}</span>`
  const about = remark(target, scenario)
  const said = html`${kind} ${sign}\u00A0${metricValue(metric, limit)}${about && `, ${about}`}`
  return html` <span class="limit">${drawn} ${said}</span>`
}

/** What a mark alone does not say: why nothing was judged, what a missed limit lacks, where a met one is not sure. */
function remark({ metric, limit, actual, verdict }: TargetResult, scenario: Scenario): string | undefined {
  if (verdict === 'inconclusive') return actual === null ? undefined : `too few trials (${scenario.n})`
  if (verdict === 'fail') return TIMED.includes(metric) ? `missed, most of it: ${mostOf(scenario)}` : 'missed'
  const [low, high] = intervalOf(scenario, metric) ?? [limit, limit]
  return low < limit && limit < high ? 'but the interval crosses it' : undefined
}
