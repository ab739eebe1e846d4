import { interruption } from '../../analysis/interruption.ts'
import { idleLine, unjudged } from '../../analysis/targets.ts'
import { versusColdStart } from '../../run/baseline.ts'
import { bytes, change, count, day, factor, metricSign, metricValue, percent, seconds } from '../../run/format.ts'
import type { Finding, Report, Scenario, TargetResult } from '../../run/schema.ts'
import { gateVerdict } from '../gate-table.ts'
import { settingsText } from '../scenario-tree.ts'
import { mostOf } from '../table.ts'
import { spans } from '../text.ts'
import { PUBLISHED } from './context.ts'
import { type Cells, number, table } from './figure.ts'
import { html, idCode, type Markup } from './markup.ts'

/** The parts of the page that are text. */

/** The scenario that came back fastest; cold starts are no way back. */
function best(report: Report): Scenario | undefined {
  return report.scenarios
    .filter(scenario => scenario.tfft && scenario.strategy !== 'cold' && scenario.outcome === 'measured')
    .toSorted((a, b) => a.tfft!.p50 - b.tfft!.p50)[0]
}

export function title(report: Report): string {
  if (report.verdict === 'nothing-measured') return 'Nothing was measured'
  const fastest = best(report)
  if (!fastest) return 'Cold starts, measured'
  const back = `Back in ${seconds(fastest.tfft!.p50)} s`
  const cold = versusColdStart(fastest)
  if (!cold) return back
  return cold.speedup > 1
    ? `${back}, ${factor(cold.speedup)} as fast as a cold start`
    : 'Nothing was faster than the cold start'
}

export function header(report: Report): Markup {
  const fastest = best(report)
  const cold = fastest && versusColdStart(fastest)
  const measured = report.scenarios.filter(scenario => scenario.n > 0)
  const trials = measured.reduce((sum, scenario) => sum + scenario.n, 0)
  const { label, style } = verdict(report)
  const restored = fastest && html`${idCode(fastest.id)}: ${seconds(fastest.tfft!.p50)}\u00A0s`
  const beside = cold
    ? html`, where a cold start of the same engine takes ${seconds(cold.p50)}\u00A0s`
    : '; no cold start was measured beside it'
  const wayBack =
    restored && html`The fastest scenario is ${restored} from the start command to the first token${beside}. `
  const random =
    report.engine.random_weights &&
    ' The model has random weights: only speed, and that the tokens stay the same, mean anything.'
  const done = `${count(measured.length, 'scenario')} in ${count(trials, 'trial')}`
  const { gpu, cpu } = report.host.fingerprint
  const chips = [report.engine.name, report.engine.model, gpu ?? cpu ?? 'unknown host']
  return html`<header>
<p class="suite">CRIU GPU Benchmark Suite, ${day(report.timestamp)}</p>
<h1>${title(report)}</h1>
<p class="summary">${wayBack}Measured here: ${done}.${random}</p>
<ul class="chips"><li><span class="verdict ${style}">${label}</span></li>
${chips.map(chip => html`<li>${chip}</li>`)}
${report.interrupted && html`<li class="inconclusive">${interruption(report.interrupted)}</li>`}
${report.notes.map(note => html`<li class="inconclusive">${note}</li>`)}</ul>
${targets(report)}
</header>`
}

function verdict({ verdict, reference }: Report): { label: string; style: string } {
  if (verdict === 'nothing-measured') return { label: 'NOTHING MEASURED', style: 'fail' }
  if (verdict === 'fail') return { label: 'FAIL', style: 'fail' }
  return reference && reference.verdict !== 'pass'
    ? { label: reference.verdict.toUpperCase(), style: 'fail' }
    : verdict === 'measured'
      ? { label: 'MEASURED', style: 'inconclusive' }
      : { label: 'PASS', style: 'pass' }
}

const MARKS = {
  pass: ['✓', 'met', 'met'],
  fail: ['✗', 'missed', 'missed'],
  inconclusive: ['?', 'inconclusive', 'inconclusive'],
} as const

function targets(report: Report): Markup | undefined {
  const all = report.scenarios.flatMap(scenario =>
    scenario.targets.map(target => ({ id: scenario.id, n: scenario.n, ...target })),
  )
  const idle = [report.verdict === 'measured' && unjudged(report), idleLine(report)].filter(Boolean)
  const unused = idle.length > 0 && html`<p class="lead">${idle.map(line => `${sentence(line || '')}. `)}</p>`
  if (all.length === 0) return unused ? html`<section id="targets"><h2>Targets</h2>${unused}</section>` : undefined
  return html`<section id="targets"><h2>Targets</h2>${unused}<ul class="targets">${all.map(target)}</ul></section>`
}

function target({ id, n, metric, limit, actual, verdict, kind }: TargetResult & { id: string; n: number }): Markup {
  const [mark, word, style] = MARKS[verdict]
  const tone = verdict === 'fail' && kind === 'goal' ? 'inconclusive' : style
  const sign = metricSign(metric) === '<=' ? '≤' : '≥'
  const few = verdict === 'inconclusive' && actual !== null && `, too few trials (${n})`
  return html`<li><span class="mark ${tone}" role="img" aria-label="${word}">${mark}</span>${idCode(id)}
<span class="limit">${metric} ${sign} ${metricValue(metric, limit)}${kind === 'goal' && ', a goal'}${few}</span>
<span class="actual ${tone}">${actual === null ? 'not measured' : metricValue(metric, actual)}</span></li>`
}

export function findingList(found: Finding[]): Markup | undefined {
  if (found.length === 0) return undefined
  return html`<section id="findings"><h2>What costs the time, and what to do</h2>
<p class="lead">Sorted by what each costs per start. Every figure is from this run.</p>
<ul class="findings">${found.map(finding)}</ul></section>`
}

function finding({ cost, message, scenario, evidence, remedy, source }: Finding): Markup {
  const link = html`<a href="${source}" rel="noreferrer">${source.replace('https://', '')}</a>`
  return html`<li>
<div class="cost">${cost === null ? html`<small>no figure</small>` : html`${seconds(cost)} s`}</div>
<div><h3>${message[0]!.toUpperCase()}${message.slice(1)}</h3>
<p class="evidence">${scenario && html`${idCode(scenario)}: `}${evidence}</p>
<p class="remedy">${spans(remedy).map(span => (span.code ? html`<code>${span.text}</code>` : span.text))}</p>
<p class="source">${source.startsWith('https://') ? link : source}</p></div></li>`
}

/** Every scenario that was asked for, with the reason where it was not measured. */
export function scenarioTable({ scenarios }: Report): Markup {
  return html`<section id="scenarios"><h2>All scenarios</h2>${table(
    [
      'scenario',
      number('n'),
      number('TFFT p50, s'),
      number('95 %'),
      number('min'),
      number('max'),
      number('speedup'),
      'most of it',
    ],
    scenarios.map(scenarioRow),
  )}</section>`
}

function scenarioRow(scenario: Scenario): Cells {
  const { id, n, failed, tfft, versus_baseline: versus, baseline, outcome, reason, phases, unchecked } = scenario
  const settings = settingsText(scenario)
  const named = html`${idCode(id)}${settings && html`<br><span class="limit why">${settings}</span>`}`
  const why = reason?.split('\n')[0]
  if (!tfft) {
    const style = outcome === 'failed' ? 'missed' : 'limit'
    const name = html`${named}<br><span class="why ${style}">${outcome}: ${why}</span>`
    return [name, number('0'), '', '', '', '', '', '']
  }
  const lost = failed > 0 && html`<br><span class="missed why">${count(failed, 'trial')} failed: ${why}</span>`
  return [
    html`${named}${lost}${unchecked.map(proof => html`<br><span class="limit why">not checked: ${proof}</span>`)}`,
    number(String(n)),
    number(seconds(tfft.p50)),
    number(tfft.ci95.map(seconds).join('–')),
    number(seconds(tfft.min)),
    number(seconds(tfft.max)),
    number(versus ? factor(versus.speedup) : baseline ? 'baseline' : '–'),
    mostOf({ phases, tfft }),
  ]
}

export function comparison({ reference }: Report): Markup | undefined {
  if (!reference) return undefined
  const elsewhere =
    reference.differs.length > 0 &&
    html` <strong class="missed">It is from another host, compared anyway; it differs in
${reference.differs.join(', ')}.</strong>`
  const tone = (verdict: string) =>
    verdict === 'slower' || verdict === 'missing' ? 'missed' : verdict === 'faster' ? 'met' : 'limit'
  return html`<section id="reference"><h2>Compared with the reference</h2>
<p class="lead">${sentence(gateVerdict(reference))}. Reference of ${day(reference.timestamp)}
(<code>${reference.path}</code>); slower means a median that rose by more than ${percent(reference.tolerance)}
with the exact Mann–Whitney test and the bootstrap interval both saying that it is not chance.${elsewhere}</p>
${table(
  ['scenario', 'verdict', number('reference, s'), number('now, s'), number('change'), number('95 %'), number('p')],
  reference.comparisons.map(({ scenario, verdict, reference_p50, p50, change: by, ci95, p_value }) => [
    idCode(scenario),
    html`<span class="${tone(verdict)}">${verdict}</span>`,
    number(reference_p50 === null ? '–' : seconds(reference_p50)),
    number(p50 === null ? '–' : seconds(p50)),
    number(by === null ? '–' : change(by)),
    number(ci95 ? `${change(ci95[0])} to ${change(ci95[1])}` : '–'),
    number(p_value === null ? '–' : p_value < 0.001 ? '< 0.001' : p_value.toFixed(3)),
  ]),
)}</section>`
}

/** NOT SLOWER than ... as Not slower than ... */
function sentence(text: string): string {
  const lower = text.replace(/^[A-Z ]+(?=[ :])/, words => words.toLowerCase())
  return lower[0]!.toUpperCase() + lower.slice(1)
}

export function host(report: Report): Markup {
  const { fingerprint, memory, load, facts } = report.host
  const entries: [string, string][] = [
    ...Object.entries(fingerprint).map(([name, value]): [string, string] => [name, value ?? 'none']),
    ['memory, exact', bytes(memory)],
    ['load at the start', load.toFixed(2)],
    ...Object.entries(facts)
      .filter(([name]) => !(name in fingerprint))
      .map(([name, value]): [string, string] => [name, fact(name, value)]),
    ['image', report.engine.image],
    ['arguments', report.engine.arguments.join(' ') || 'none'],
    ['iterations', String(report.iterations)],
  ]
  const prober = report.prober
    ? `The prober's own error, measured on this host (${day(report.prober.timestamp)}, ` +
      `${count(report.prober.tries, 'try', 'tries')}): median ${milliseconds(report.prober.median)}, worst ` +
      `${milliseconds(report.prober.worst)}.`
    : "The prober's own error was not measured on this host: npm run calibrate."
  return html`<section id="host"><h2>The host</h2>
<p class="lead">${prober} Two runs are comparable only where the fingerprint is the same.</p>
<dl>${dedupe(entries).map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl></section>`
}

/** A fact of the host in the unit that its name tells. */
function fact(name: string, value: unknown): string {
  if (typeof value !== 'number') return String(value)
  if (name.endsWith('_time')) return `${(value * 1e6).toFixed(1)} µs`
  return value > 1e6 ? `${bytes(value)}${name.endsWith('bandwidth') ? '/s' : ''}` : String(value)
}

const milliseconds = (value: number) => `${(value * 1000).toFixed(value < 0.01 ? 2 : 1)} ms`
const dedupe = (entries: [string, string][]) => [...new Map(entries.toReversed()).entries()].toReversed()

export function published(): Markup {
  return html`<section id="published"><h2>What others published</h2>
<p class="lead">For orientation only: other hardware, other models, other clocks. Nothing here was measured by this
suite or is comparable with the figures above.</p>
<details><summary>${count(PUBLISHED.length, 'published figure')}</summary>${table(
    ['system', 'conditions', 'cold → restored', 'source'],
    PUBLISHED.map(({ system, conditions, result, kind, source, url }) => [
      system,
      conditions,
      result,
      html`<a href="${url}" rel="noreferrer">${source}</a><br><span class="limit">${kind}</span>`,
    ]),
  )}</details></section>`
}
