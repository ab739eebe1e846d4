import * as Plot from '@observablehq/plot'
import type { Fleet } from '../../analysis/fleet/fleet.ts'
import { change, count, exactSeconds, percent, range } from '../../run/format.ts'
import { type Cells, figureSection, logTicks, number, type PictureSize, picture, table } from './figure.ts'
import { contents } from './header.ts'
import { docs, html, idCode, type Markup, type Section, section } from './markup.ts'
import { documentOf } from './page.ts'
import { axisOf } from './trials.ts'

type Group = Fleet['groups'][number]
type Node = Fleet['nodes'][number]
type Verdict = Node['verdict']

const TONES: Record<Verdict, string> = {
  missing: 'missed',
  failed: 'missed',
  slow: 'missed',
  'cannot-tell': 'inconclusive',
  ok: 'met',
}
const WORDS: Record<Verdict, string> = {
  missing: 'missing',
  failed: 'failed',
  slow: 'slow',
  'cannot-tell': 'cannot tell',
  ok: 'ok',
}
const VERDICTS = Object.keys(WORDS) as Verdict[]
/** Up to this many nodes each is a dot; of more, the slow ones alone. */
const DOTS = 60
/** Scenarios of a slow node that are named. */
const NAMED = 3

/** A fleet as one HTML file, without a script, as the page of a run. @returns a whole document */
export function renderFleetPage(fleet: Fleet): string {
  const { nodes, groups, notes } = fleet
  const number = (verdict: Verdict) => nodes.filter(node => node.verdict === verdict).length
  const there = VERDICTS.filter(verdict => number(verdict) > 0)
  const title = there.map(verdict => `${number(verdict)} ${WORDS[verdict]}`).join(', ')
  const sections = [
    attention(nodes),
    ...groups.flatMap((group, index) => groupSections(fleet, group, index)),
    all(nodes),
  ].filter(part => part !== undefined)
  return documentOf(
    title,
    html`<header>
<p class="suite">CRIU GPU Benchmark Suite, a fleet of ${count(nodes.length, 'node')}</p>
<h1>${title}</h1>
<p class="summary">A node is slow if it is slower than its peers, which have the same hardware and ran the same
scenarios. A group without a slow node is reported to have one in at most ${percent(fleet.level)} of cases. A missing
node was not measured and does not count as a pass.</p>
<ul class="chips">${there.map(
      verdict => html`<li><span class="verdict ${chip(verdict)}">${number(verdict)} ${WORDS[verdict]}</span></li>`,
    )}
${notes.map(note => html`<li class="inconclusive">${note}</li>`)}</ul>
</header>
${contents(sections)}
${sections.map(
  part => html`${part}
`,
)}<footer>Made by <code>npm run fleet -- merge</code>; <code>--format json</code> has the same figures. How nodes are
judged, and how often that is wrong: ${docs('fleet.md#merge')}.</footer>`,
  )
}

const chip = (verdict: Verdict) => ({ missed: 'fail', inconclusive: 'inconclusive', met: 'pass' })[TONES[verdict]]
const said = (verdict: Verdict) => html`<span class="${TONES[verdict]}">${WORDS[verdict]}</span>`

/** What somebody has to look at, worst first. */
function attention(nodes: Node[]): Section {
  const those = nodes.filter(({ verdict }) => verdict !== 'ok')
  if (those.length === 0) return section('nodes', 'Nodes', html`<p class="lead">All of them are ok.</p>`)
  return section(
    'nodes',
    'Nodes to look at',
    table(
      ['node', 'verdict', 'why'],
      those
        .toSorted((a, b) => VERDICTS.indexOf(a.verdict) - VERDICTS.indexOf(b.verdict))
        .map(node => [
          html`<code>${node.node}</code>`,
          said(node.verdict),
          html`<span class="why">${lines(reasons(node))}</span>`,
        ]),
    ),
  )
}

const lines = (all: string[]): Markup[] => all.map((line, index) => html`${index > 0 && html`<br>`}${line}`)

function reasons({ verdict, why, scenarios }: Node): string[] {
  if (verdict === 'missing' && why.length === 0) return ['no run of it was found']
  if (verdict === 'cannot-tell') return [`without peers, or too few trials: ${why.join(', ')}`]
  if (verdict !== 'slow') return why
  const slow = scenarios.filter(one => one.verdict === 'slow').toSorted((a, b) => b.change - a.change)
  const most = slow
    .slice(0, NAMED)
    .map(({ scenario, p50, change: by }) => `${scenario}: ${exactSeconds(p50)} s, ${change(by)} over its peers`)
  return slow.length > NAMED ? [...most, `and ${count(slow.length - NAMED, 'other scenario')}`] : most
}

function groupSections(fleet: Fleet, group: Group, index: number): (Section | undefined)[] {
  return [distribution(fleet, group, index), distinguishing(group, index), before(group, index)]
}

function distribution(fleet: Fleet, group: Group, index: number): Section | undefined {
  const { name, nodes, scenarios } = group
  if (scenarios.length === 0) return undefined
  const few = nodes <= DOTS
  return figureSection({
    id: `group-${index + 1}`,
    title: `${name}: ${count(nodes, 'node')}`,
    text:
      `Medians of the nodes: the thin line leads from the fastest to the slowest, the thick one holds nine tenths of ` +
      `them, the mark is their median. ${few ? 'Each dot is a node; slow ones are red.' : 'Red dots are slow nodes.'}`,
    picture: picture('TFFT of the nodes by scenario', size => chart(fleet, group, few, size)),
    table: table(
      ['TFFT, s', ...['nodes', 'p50', 'p5–p95', 'min–max', 'slow'].map(number)],
      scenarios.map(({ scenario, nodes: n, p50, p05, p95, min, max, slow }) => [
        idCode(scenario),
        ...[String(n), exactSeconds(p50), range(p05, p95), range(min, max), slow > 0 ? String(slow) : ''].map(number),
      ]),
    ),
  })
}

const ROW = 34

function chart({ nodes }: Fleet, { name, scenarios }: Group, few: boolean, size: PictureSize): Plot.PlotOptions {
  const { logarithmic, domain } = axisOf(scenarios.flatMap(({ min, max }) => [min, max]))
  const ticks = logTicks(domain, size.narrow ? 6 : 9)
  const at = (id: string) => ROW * (scenarios.findIndex(({ scenario }) => scenario === id) + 0.5)
  const y = (one: { scenario: string }) => at(one.scenario)
  const dots = nodes.flatMap(({ node, scenarios: own }) =>
    own.filter(one => one.group === name && (few || one.verdict === 'slow')).map(one => ({ node, ...one })),
  )
  return {
    height: ROW * scenarios.length + 56,
    marginLeft: size.narrow ? 12 : size.names,
    marginRight: size.narrow ? 20 : 60,
    marginTop: 12,
    marginBottom: 40,
    x: { type: logarithmic ? 'log' : 'linear', domain: [...domain], label: 'TFFT, seconds →', grid: true },
    y: { type: 'linear', domain: [ROW * scenarios.length, 0], axis: null },
    marks: [
      Plot.axisX({
        ...(logarithmic ? { ticks } : { ticks: size.narrow ? 4 : 8 }),
        text: (value: number) => String(value),
        tickSize: 0,
      }),
      Plot.text(scenarios, {
        text: 'scenario',
        ...(size.narrow
          ? { x: domain[0], y, dy: -11, textAnchor: 'start', frameAnchor: 'left' }
          : { frameAnchor: 'left', y, dx: -12, textAnchor: 'end' }),
        fill: 'var(--ink)',
      }),
      Plot.link(scenarios, { x1: 'min', x2: 'max', y1: y, y2: y, stroke: 'var(--muted)' }),
      Plot.link(scenarios, {
        x1: 'p05',
        x2: 'p95',
        y1: y,
        y2: y,
        stroke: 'var(--criu)',
        strokeWidth: 7,
        strokeOpacity: 0.35,
        strokeLinecap: 'butt',
      }),
      Plot.ruleX(scenarios, {
        x: 'p50',
        y1: one => y(one) - 7,
        y2: one => y(one) + 7,
        stroke: 'var(--criu)',
        strokeWidth: 2,
      }),
      Plot.dot(dots, {
        x: 'p50',
        y,
        r: 3.5,
        fillOpacity: 0.7,
        fill: one => (one.verdict === 'slow' ? 'var(--bad)' : 'var(--criu)'),
        title: one => `${one.node}: ${exactSeconds(one.p50)} s, n = ${one.n}`,
      }),
    ],
    color: { type: 'identity' },
  }
}

function distinguishing({ distinguishing: found }: Group, index: number): Section | undefined {
  if (found.length === 0) return undefined
  return section(
    `why-${index + 1}`,
    'What slow nodes have in common',
    html`<p class="lead">More often than their peers, by Fisher’s exact test, corrected: a hint, not a cause.</p>
${table(
  ['field', 'value', number('of slow nodes'), number('of the others')],
  found.map(({ field, value, slow, others }) => [
    field,
    html`<code>${value ?? 'none'}</code>`,
    number(`${slow.with} of ${slow.of}`),
    number(`${others.with} of ${others.of}`),
  ]),
)}`,
  )
}

function before({ before: found }: Group, index: number): Section | undefined {
  if (!found) return undefined
  const none = html`<p class="lead">No node was measured before and after with this engine and model.</p>`
  const head: Cells = ['scenario', ...['nodes', 'before, s', 'after, s', 'change', 'interval'].map(number), 'verdict']
  const rows = found.scenarios.map(
    (one): Cells => [
      idCode(one.scenario),
      ...[
        String(one.nodes),
        exactSeconds(one.before),
        exactSeconds(one.after),
        change(one.change),
        one.interval ? `${change(one.interval[0])} to ${change(one.interval[1])}` : '',
      ].map(number),
      html`<span class="${one.verdict === 'slower' ? 'missed' : one.verdict === 'faster' ? 'met' : 'limit'}">
${one.verdict.replaceAll('-', ' ')}</span>`,
    ],
  )
  const changed = found.changes.map(
    ({ name, from, to, nodes }) =>
      html`<li>${name}: ${from ?? 'none'} → ${to ?? 'none'} on ${count(nodes, 'node')}</li>`,
  )
  return section(
    `before-${index + 1}`,
    'Before and after',
    html`${found.nodes === 0 ? none : table(head, rows)}${changed.length > 0 && html`<ul>${changed}</ul>`}`,
  )
}

/** Every node, folded away. */
function all(nodes: Node[]): Section {
  const folded = html`<details><summary>${count(nodes.length, 'node')}</summary>${table(
    ['node', 'verdict', 'scenarios measured', 'its run'],
    nodes.map(({ node, verdict, scenarios, paths }) => [
      html`<code>${node}</code>`,
      said(verdict),
      number(String(scenarios.length)),
      html`<span class="path">${lines(paths)}</span>`,
    ]),
  )}</details>`
  return section('all', 'All nodes', folded)
}
