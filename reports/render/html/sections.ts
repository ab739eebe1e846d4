import { bytes, change, count, day, exactSeconds, factor, percent, seconds } from '../../run/format.ts'
import type { Finding, Report, Scenario } from '../../run/schema.ts'
import { calledVerdict, gateVerdict } from '../gate-table.ts'
import { settingsText } from '../scenario-tree.ts'
import { mostOf } from '../table.ts'
import { spans } from '../text.ts'
import { PUBLISHED } from './context.ts'
import { type Cells, NONE, number, stackedTable, table } from './figure.ts'
import { docs, html, idCode, type Markup, type Section, section } from './markup.ts'
import { intervalCell } from './spread.ts'

/** The parts of the page that are text. */

export function findingList(found: Finding[]): Section | undefined {
  if (found.length === 0) return undefined
  return section(
    'findings',
    'What costs time, and what helps?',
    html`<p class="lead">Sorted by what each costs per start. All costs are from this run; they overlap.</p>
<ul class="findings">${found.map(finding)}</ul>`,
  )
}

function finding({ cost, message, scenario, evidence, remedy, source }: Finding): Markup {
  const link = source.startsWith('https://')
    ? html`<a href="${source}" rel="noreferrer">${source.replace('https://', '')}</a>`
    : source.startsWith('docs/')
      ? docs(source.slice('docs/'.length))
      : source
  return html`<li>
<div class="cost">${cost === null ? html`<small>no figure</small>` : html`${seconds(cost)} s`}</div>
<div><h3>${message[0]!.toUpperCase()}${message.slice(1)}</h3>
<p class="evidence">${scenario && html`${idCode(scenario)}: `}${evidence}</p>
<p class="remedy">${spans(remedy).map(span => (span.code ? html`<code>${span.text}</code>` : span.text))}</p>
<p class="source">${link}</p></div></li>`
}

const BASELINES =
  'Speedup: the median of the baseline over the median of the scenario, of trials that alternated. Each group of ' +
  'scenarios has its own baseline, whose median is in their rows; the row of a baseline has the trials of all groups. '

/** Every scenario that was asked for, with the reason where it was not measured. */
export function scenarioTable({ scenarios }: Report): Section {
  const kept = html`<a href="logs/">logs</a> beside this page, where they were kept`
  return section(
    'scenarios',
    'How long did each scenario take?',
    html`<p class="lead">Seconds from the start command to the first token (TFFT).</p>${stackedTable(
      [
        'scenario',
        number('n'),
        number('TFFT p50, s'),
        number('95 %'),
        number('min'),
        number('max'),
        number('baseline p50, s'),
        number('speedup'),
        'most of it',
      ],
      scenarios.map(scenarioRow),
    )}<p class="note">${scenarios.some(one => one.versus_baseline) && BASELINES}A name leads to its ${kept}.
Each trial is a line of <a href="trials.jsonl">trials.jsonl</a>, with the proof that it counts.</p>`,
  )
}

function scenarioRow(scenario: Scenario): Cells {
  const { id, n, failed, tfft, versus_baseline: versus, baseline, outcome, reason, phases, unchecked } = scenario
  const settings = settingsText(scenario)
  const linked =
    n + failed > 0
      ? html`<a href="logs/${id.split('/').map(encodeURIComponent).join('/')}/">${idCode(id)}</a>`
      : idCode(id)
  const named = html`${linked}${settings && html`<br><span class="limit why">${settings}</span>`}`
  const why = reason?.split('\n')[0]
  if (!tfft) {
    const style = outcome === 'failed' ? 'missed' : 'limit'
    const name = html`${named}<br><span class="why ${style}">${outcome}: ${why}</span>`
    return [name, number('0'), '', '', '', '', '', '', '']
  }
  const lost = failed > 0 && html`<br><span class="missed why">${count(failed, 'trial')} failed: ${why}</span>`
  return [
    html`${named}${lost}${notChecked(unchecked)}`,
    number(String(n)),
    number(exactSeconds(tfft.p50)),
    intervalCell(scenario),
    number(seconds(tfft.min)),
    number(seconds(tfft.max)),
    versus ? number(exactSeconds(versus.p50)) : NONE,
    number(versus ? factor(versus.speedup) : baseline ? 'baseline' : '–'),
    mostOf({ phases, tfft }),
  ]
}

/** Proofs that differ by a figure in each trial are many: the first ones stand for the rest. */
function notChecked(proofs: string[]): Markup[] {
  const more = proofs.length - UNCHECKED
  const shown = proofs.slice(0, UNCHECKED).map(proof => `not checked: ${proof}`)
  return [...shown, ...(more > 0 ? [`not checked: ${more} more, in report.json`] : [])].map(
    line => html`<br><span class="limit why">${line}</span>`,
  )
}
const UNCHECKED = 2

export function comparison({ reference }: Report): Section | undefined {
  if (!reference) return undefined
  const elsewhere =
    reference.differs.length > 0 &&
    html` <strong class="missed">It is from another host, compared anyway; it differs in
${reference.differs.join(', ')}.</strong>`
  const tone = (verdict: string) =>
    verdict === 'slower' || verdict === 'missing' ? 'missed' : verdict === 'faster' ? 'met' : 'limit'
  return section(
    'reference',
    'What changed since the reference?',
    html`<p class="lead">${sentence(gateVerdict(reference))}. Reference of ${day(reference.timestamp)}
(<code>${reference.path}</code>).${elsewhere}</p>
${stackedTable(
  ['scenario', 'verdict', number('reference, s'), number('now, s'), number('change'), number('95 %'), number('p')],
  reference.comparisons.map(compared => {
    const { scenario, reference_p50, p50, change: by, ci95, p_value } = compared
    const verdict = calledVerdict(compared)
    return [
      idCode(scenario),
      html`<span class="${tone(verdict)}">${verdict.replace('-', ' ')}</span>`,
      reference_p50 === null ? NONE : number(seconds(reference_p50)),
      p50 === null ? NONE : number(seconds(p50)),
      by === null ? NONE : number(change(by)),
      ci95 ? number(`${change(ci95[0])} to ${change(ci95[1])}`) : NONE,
      p_value === null ? NONE : number(p_value < 0.001 ? '< 0.001' : p_value.toFixed(3)),
    ]
  }),
)}<p class="note">Slower: the median rose by more than ${percent(reference.tolerance)}, and both the exact
Mann–Whitney test and the bootstrap interval say that it is not chance.</p>`,
  )
}

/** Text with a capital; NOT SLOWER than ... as Not slower than ... */
export function sentence(text: string): string {
  const lower = text.replace(/^[A-Z ]+(?=[ :])/, words => words.toLowerCase())
  return lower[0]!.toUpperCase() + lower.slice(1)
}

export function host(report: Report): Section {
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
  return section(
    'host',
    'Where was it measured?',
    html`<p class="lead">${prober} Two runs are comparable only where the fingerprint is the same.</p>
<dl>${dedupe(entries).map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`,
  )
}

/** A fact of the host in the unit that its name tells. */
function fact(name: string, value: unknown): string {
  if (typeof value !== 'number') return String(value ?? 'none')
  if (name.endsWith('_time')) return `${(value * 1e6).toFixed(1)} µs`
  return value > 1e6 ? `${bytes(value)}${name.endsWith('bandwidth') ? '/s' : ''}` : String(value)
}

const milliseconds = (value: number) => `${(value * 1000).toFixed(value < 0.01 ? 2 : 1)} ms`
const dedupe = (entries: [string, string][]) => [...new Map(entries.toReversed()).entries()].toReversed()

export function published(): Section {
  return section(
    'published',
    'What have others published?',
    html`<p class="lead">For orientation only: other hardware, other models, other clocks. Nothing here was measured by
this suite or is comparable with the figures above.</p>
<details><summary>${count(PUBLISHED.length, 'published figure')}</summary>${table(
      ['system', 'conditions', 'cold → restored', 'source'],
      PUBLISHED.map(({ system, conditions, result, kind, source, url }) => [
        system,
        conditions,
        result,
        html`<a href="${url}" rel="noreferrer">${source}</a><br><span class="limit">${kind}</span>`,
      ]),
    )}</details>`,
  )
}
