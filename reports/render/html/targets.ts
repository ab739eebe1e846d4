import { idleLine, unjudged } from '../../analysis/targets.ts'
import { metricSign, metricValue } from '../../run/format.ts'
import type { Report, Scenario, TargetResult } from '../../run/schema.ts'
import { html, idCode, type Markup, type Section, section } from './markup.ts'
import { sentence } from './sections.ts'

const MARKS = {
  pass: ['✓', 'met', 'met'],
  fail: ['✗', 'missed', 'missed'],
  inconclusive: ['?', 'inconclusive', 'inconclusive'],
} as const

/** What was to be reached: a line for each scenario, with what it reached and the limits on it. */
export function targets(report: Report): Section | undefined {
  const judged = report.scenarios.filter(scenario => scenario.targets.length > 0)
  const idle = [report.verdict === 'measured' && unjudged(report), idleLine(report)].filter(Boolean)
  const unused = idle.length > 0 && html`<p class="idle">${idle.map(line => `${sentence(line || '')}. `)}</p>`
  if (judged.length === 0) return unused ? section('targets', 'Targets', unused) : undefined
  return section('targets', 'Targets', html`<ul class="targets">${judged.map(line)}</ul>${unused}`)
}

function line({ id, n, targets }: Scenario): Markup {
  const metrics = Map.groupBy(targets, ({ metric, actual }) => `${metric} ${actual}`)
  return html`<li>${idCode(id)}<ul>${[...metrics.values()].map(all => metric(all, n))}</ul></li>`
}

/** One metric, which may have a limit that is a must and one that is a goal. */
function metric(all: TargetResult[], n: number): Markup {
  const { metric, actual } = all[0]!
  const value = actual === null ? 'not measured' : metricValue(metric, actual)
  return html`<li>${metric} <b>${value}</b>${all.map(target => limit(target, n))}</li>`
}

function limit({ metric, limit, actual, verdict, kind }: TargetResult, n: number): Markup {
  const [mark, word, style] = MARKS[verdict]
  const tone = verdict === 'fail' && kind === 'goal' ? 'inconclusive' : style
  const sign = metricSign(metric) === '<=' ? '≤' : '≥'
  const few = verdict === 'inconclusive' && actual !== null && `, too few trials (${n})`
  const drawn = html`<span class="mark ${tone}" role="img" aria-label="${word}">${mark}</span>`
  const said = html`${kind === 'goal' && 'goal '}${sign}\u00A0${metricValue(metric, limit)}${few}`
  return html` <span class="limit">${drawn} ${said}</span>`
}
