import * as Plot from '@observablehq/plot'
import { type HalfTimeErrors, halfTimeError, halfTimeErrors } from '../../analysis/half-time.ts'
import type { History, Series, Step } from '../../analysis/history.ts'
import { change, count, day, exactSeconds, percent, range } from '../../run/format.ts'
import { number, type PictureSize, picture, table } from './figure.ts'
import { contents } from './header.ts'
import { docs, html, idCode, type Markup, type Section, section } from './markup.ts'
import { documentOf } from './page.ts'

/** The history of runs as one HTML file, without a script, as the page of a run. @returns a whole document */
export function renderHistory(history: History): string {
  const sections = [steps(history), ...tracksOf(history).map(track(history)), runs(history), leftOut(history)].filter(
    part => part !== undefined,
  )
  const { runs: all } = history
  const found = history.series.flatMap(series => series.steps)
  const title = `${count(found.length, 'step')} in ${count(all.length, 'run')}`
  return documentOf(
    title,
    html`<header>
<p class="suite">CRIU GPU Benchmark Suite, ${day(all[0]!.timestamp)} to ${day(all.at(-1)!.timestamp)}</p>
<h1>${title}</h1>
<p class="summary">${METHOD} A history without any step is reported to have one in at most
${percent(history.level)} of cases, all ${count(history.series.length, 'series', 'series')} together; a series needs
${count(history.least_runs, 'run')} to show one.</p>
</header>
${contents(sections)}
${sections.map(
  part => html`${part}
`,
)}<footer>Made by <code>npm run history</code>; history.json beside it has the same figures. How steps are found, and
how often that is wrong: ${docs('methodology.md#history')}.</footer>`,
  )
}

const METHOD =
  "TFFT by scenario over runs. A step is where the runs' medians before and after lie further apart than noise " +
  'explains (E-divisive, a permutation test).'

function steps({ series, runs }: History): Section {
  const found = series.flatMap(one => one.steps.map(step => ({ ...one, step })))
  if (found.length === 0)
    return section('steps', 'Steps', html`<p class="lead">None: noise can explain all changes.</p>`)
  return section(
    'steps',
    'Steps',
    table(
      ['scenario', 'since', number('before, s'), number('after, s'), number('change'), number('p'), 'changed with it'],
      found
        .toSorted((a, b) => b.step.run - a.step.run)
        .map(({ scenario, step }) => [
          idCode(scenario),
          day(runs[step.run]!.timestamp),
          number(exactSeconds(step.before)),
          number(exactSeconds(step.after)),
          { number: true, text: html`<span class="${tone(step)}">${change(step.change)}</span>` },
          number(step.p_value < 0.001 ? '< 0.001' : step.p_value.toFixed(3)),
          runs[step.run]!.changes.map(({ name }) => name).join(', ') || 'nothing that the fingerprint knows',
        ]),
    ),
  )
}

const tone = ({ change }: Step) => (change > 0 ? 'missed' : 'met')

type Track = Pick<Series, 'engine' | 'model' | 'host'> & { series: Series[] }

const tracksOf = ({ series }: History): Track[] =>
  [...Map.groupBy(series, ({ engine, model, host }) => [engine, model, host].join('\n')).values()].map(own => ({
    engine: own[0]!.engine,
    model: own[0]!.model,
    host: own[0]!.host,
    series: own,
  }))

/** What one engine did with one model on one kind of host. */
const track =
  (history: History) =>
  ({ engine, model, host, series }: Track, index: number): Section => {
    const runs = [...new Set(series.flatMap(({ points }) => points.map(({ run }) => run)))].toSorted((a, b) => a - b)
    return section(
      `history-${index + 1}`,
      `${engine}, ${model}, ${host}`,
      html`<p class="lead">${count(runs.length, 'run')}, equally far apart, oldest first. The bars are 95 % bootstrap
intervals of the medians, thin lines runs whose fingerprint differs from the one before, thick ones levels
between steps.</p>
${series.map(one => drawn(one, runs, history))}`,
    )
  }

const drawn = (series: Series, runs: number[], history: History): Markup => html`<h3>${idCode(series.scenario)}</h3>
${picture(`TFFT of ${series.scenario} by run`, chart(series, runs, history))}`

function chart({ points, steps }: Series, runs: number[], history: History) {
  const at = (run: number) => runs.indexOf(run)
  const marked = runs.filter(run => history.runs[run]!.changes.length > 0)
  const top = Math.max(...points.map(({ ci95 }) => ci95[1]))
  const ends = [points[0]!.run, ...steps.map(({ run }) => run)]
  const levels = ends.map((from, index) => {
    const to = ends[index + 1] ?? Infinity
    const own = points.filter(({ run }) => run >= from && run < to)
    const y = steps[index]?.before ?? steps[index - 1]?.after
    return { y, from: at(own[0]!.run), to: at(own.at(-1)!.run), step: steps[index - 1] }
  })
  return (size: PictureSize): Plot.PlotOptions => ({
    height: 150,
    marginLeft: 48,
    marginRight: 24,
    marginTop: 14,
    marginBottom: 28,
    x: { domain: [-0.5, runs.length - 0.5], ticks: [] },
    y: { domain: [0, top * 1.1], grid: true, ticks: 4, tickSize: 0, label: null },
    marks: [
      Plot.axisX(dated(runs.length, size.narrow ? 2 : 5), {
        text: (index: number) => history.runs[runs[index]!]!.timestamp.slice(0, 10),
        tickSize: 0,
      }),
      Plot.ruleX(marked, {
        x: at,
        stroke: 'var(--muted)',
        strokeDasharray: '2 3',
        title: run => history.runs[run]!.changes.map(({ name, from, to }) => `${name}: ${from} → ${to}`).join('\n'),
      }),
      Plot.link(
        levels.filter(({ y }) => y !== undefined),
        {
          x1: level => level.from - 0.4,
          x2: level => level.to + 0.4,
          y1: 'y',
          y2: 'y',
          strokeWidth: 3,
          strokeOpacity: 0.45,
          stroke: level => (level.step ? (level.step.change > 0 ? 'var(--bad)' : 'var(--good)') : 'var(--muted)'),
        },
      ),
      Plot.link(points, {
        x1: point => at(point.run),
        x2: point => at(point.run),
        y1: point => point.ci95[0],
        y2: point => point.ci95[1],
        stroke: 'var(--criu)',
        strokeOpacity: 0.45,
        strokeWidth: 3,
      }),
      Plot.dot(points, {
        x: point => at(point.run),
        y: 'p50',
        r: 3.5,
        fill: 'var(--criu)',
        title: ({ run, p50, ci95, n }) =>
          `${history.runs[run]!.timestamp}: ${exactSeconds(p50)} s (${range(ci95[0], ci95[1])}), n = ${n}`,
      }),
    ],
    color: { type: 'identity' },
  })
}

/** Indices whose date is written: the first, the last and some between, far enough apart. */
function dated(length: number, most: number): number[] {
  const number = Math.min(most, length)
  if (number < 2) return [0]
  return [...new Set(Array.from({ length: number }, (_, index) => Math.round((index * (length - 1)) / (number - 1))))]
}

function runs({ runs }: History): Section {
  const left = halfTimeErrors(runs.map(({ half_time: half }) => half))
  return section(
    'runs',
    'Runs',
    html`${left && html`<p class="lead">${timeLeft(left)}</p>`}
${table(
  [
    'run',
    'began',
    'engine',
    ...(left ? [number('time left at half-time')] : []),
    'changed in the fingerprint since the run before it',
  ],
  runs.map(({ path, timestamp, engine, version, model, changes, half_time: half }) => [
    html`<code>${path}</code>`,
    day(timestamp),
    `${[engine, version].filter(Boolean).join(' ')}, ${model}`,
    ...(left ? [number(signed(halfTimeError(half)))] : []),
    html`${changes.map(changed)}`,
  ]),
)}`,
  )
}

const signed = (error: number | undefined) => (error === undefined ? '–' : change(error))

const timeLeft = ({ errors, median, most }: HalfTimeErrors): string =>
  `What a run says when half of its trials have ended, against what the rest took: median error ${percent(median)} ` +
  `over ${count(errors.length, 'run')}, at most ${percent(most)}.`

const changed = ({ name, from, to }: History['runs'][number]['changes'][number], index: number): Markup =>
  html`${index > 0 && html`<br>`}${name}: ${short(from)} → ${short(to)}`

const short = (value: string | null) => (value === null ? 'none' : value.length > 60 ? `${value.slice(0, 57)}…` : value)

function leftOut({ left_out: out }: History): Section | undefined {
  if (out.length === 0) return undefined
  return section(
    'left-out',
    'Left out',
    table(
      ['path', 'why'],
      out.map(({ path, why }) => [html`<code>${path}</code>`, why]),
    ),
  )
}
