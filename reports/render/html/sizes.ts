import * as Plot from '@observablehq/plot'
import type { SizeRun, SizeSeries, Sizes } from '../../analysis/sizes.ts'
import { bytes, count, day, exactSeconds, range } from '../../run/format.ts'
import { lineText, seriesName } from '../size-text.ts'
import { bottomAxis, CLEAR, figureSection, number, type PictureSize, picture, table } from './figure.ts'
import { contents } from './header.ts'
import { docs, html, idCode, type Markup, type Section, section } from './markup.ts'
import { documentOf } from './page.ts'

const COLOURS = ['criu', 'archive', 'cuda', 'engine', 'token', 'other'].map(name => `var(--${name})`)
const GB = 1e9

interface Drawn extends SizeSeries {
  colour: string
}

/** Seconds against bytes as one HTML file, without a script, as the page of a run. @returns a whole document */
export function renderSizes(sizes: Sizes): string {
  const { series, runs } = sizes
  const cold = series.filter(({ strategy }) => strategy === 'cold')
  const others = series.filter(({ strategy }) => strategy !== 'cold')
  const sections = [
    others.length > 0 && figure('restores', 'Seconds against bytes', coloured(others), runs),
    cold.length > 0 && figure('cold', 'Cold starts', coloured(cold), runs),
    runsTable(sizes),
  ].filter(part => part !== false)
  const models = new Set(runs.map(({ model }) => model)).size
  const title = `TFFT by the size of ${count(models, 'model')}`
  return documentOf(
    title,
    html`<header>
<p class="suite">CRIU GPU Benchmark Suite</p>
<h1>${title}</h1>
<p class="summary">${SUMMARY}</p>
</header>
${contents(sections)}
${sections.map(
  part => html`${part}
`,
)}<footer>Made by <code>npm run sizes</code>; sizes.json beside it has the same figures. What stands on one line:
${docs('commands.md#seconds-against-bytes')}.</footer>`,
  )
}

const SUMMARY =
  "Each point is the median of a scenario's trials in one run, its bar the fastest and the slowest of them. The line " +
  'is fitted to the medians by least squares: at 0 bytes it has the fixed part, its slope is the speed. Machines of ' +
  'one kind are not told apart.'

const coloured = (series: SizeSeries[]): Drawn[] =>
  series.map((one, index) => ({ ...one, colour: COLOURS[index % COLOURS.length]! }))

function figure(id: string, title: string, series: Drawn[], runs: SizeRun[]): Section {
  const bus = busOf(series, runs)
  return figureSection({
    id,
    title,
    text:
      "TFFT against the bytes of the model's files." +
      (bus
        ? ` The dashed line grows by what the GPU's bus carries by its generation and width, ${bytes(bus)}/s ` +
          '(not measured), from the fixed part of the fastest scenario.'
        : ''),
    legend: legend(series),
    picture: picture(`${title}: TFFT against the bytes of the model`, size => chart(series, runs, bus, size)),
    table: points(series, runs),
  })
}

/** The bus that all of these series had; undefined where there is none, or several. */
function busOf(series: SizeSeries[], runs: SizeRun[]): number | undefined {
  const all = new Set(series.flatMap(({ points }) => points.map(({ run }) => runs[run]!.bus)))
  return all.size === 1 ? ([...all][0] ?? undefined) : undefined
}

const legend = (series: Drawn[]): Markup =>
  html`<ul class="legend">${series.map(
    one =>
      html`<li><span class="swatch" style="background:${one.colour}"></span>${idCode(seriesName(one, series))},
${one.host}, ${[one.engine, one.version].filter(Boolean).join(' ')}: <strong>${lineText(one.line)}</strong></li>`,
  )}</ul>`

function chart(series: Drawn[], runs: SizeRun[], bus: number | undefined, size: PictureSize): Plot.PlotOptions {
  const all = series.flatMap(({ points, colour }) =>
    points.map(point => ({ ...point, colour, x: runs[point.run]!.bytes / GB, model: runs[point.run]!.model })),
  )
  const right = 1.06 * Math.max(...all.map(({ x }) => x))
  const at = ({ line }: SizeSeries, x: number) => line.fixed + line.seconds_per_byte * x * GB
  const lines = series.map(one => ({ colour: one.colour, y1: at(one, 0), y2: at(one, right) }))
  const lowest = Math.min(...series.map(({ line }) => line.fixed))
  const top = Math.max(...all.map(({ max }) => max), ...lines.flatMap(({ y1, y2 }) => [y1, y2]))
  return {
    height: size.narrow ? 300 : 380,
    marginLeft: 44,
    marginRight: 24,
    marginTop: 34,
    marginBottom: 40,
    x: bottomAxis("model's files, GB →", right, size),
    y: { domain: [Math.min(0, lowest), top * 1.08], label: '↑ TFFT, seconds', grid: true, ticks: 6, tickSize: 0 },
    marks: [
      ...(bus === undefined
        ? []
        : [
            Plot.link([{ y1: lowest, y2: lowest + (right * GB) / bus }], {
              x1: 0,
              x2: right,
              y1: 'y1',
              y2: 'y2',
              stroke: 'var(--muted)',
              strokeDasharray: '5 4',
              strokeWidth: 1.5,
            }),
          ]),
      Plot.link(lines, { x1: 0, x2: right, y1: 'y1', y2: 'y2', stroke: 'colour', strokeOpacity: 0.55, strokeWidth: 2 }),
      Plot.link(all, { x1: 'x', x2: 'x', y1: 'min', y2: 'max', stroke: 'colour', strokeOpacity: 0.4, strokeWidth: 5 }),
      Plot.dot(all, {
        x: 'x',
        y: 'p50',
        r: 4.5,
        fill: 'colour',
        title: ({ model, scenario, p50, min, max, n }) =>
          `${model}, ${scenario}: ${exactSeconds(p50)} s (${range(min, max)}), n = ${n}`,
      }),
      Plot.text(apart(all, right, size), {
        x: 'x',
        frameAnchor: 'top',
        dy: -14,
        text: 'model',
        fontSize: 12,
        ...CLEAR,
      }),
    ],
    color: { type: 'identity' },
  }
}

/** Names of models whose texts do not touch, once each. */
function apart<P extends { x: number; model: string }>(all: P[], right: number, size: PictureSize): P[] {
  const pixels = (size.width - 68) / right
  const shown: P[] = []
  for (const point of [...new Map(all.map(one => [one.model, one])).values()].toSorted((a, b) => a.x - b.x)) {
    const last = shown.at(-1)
    const room = last ? ((last.model.length + point.model.length) / 2) * 7.5 : 0
    if (!last || (point.x - last.x) * pixels > room) shown.push(point)
  }
  return shown
}

const points = (series: Drawn[], runs: SizeRun[]): Markup =>
  table(
    ['scenario', 'host', 'model', number('bytes'), number('n'), number('p50, s'), number('min–max, s'), 'run'],
    series.flatMap(({ host, points }) =>
      points.map(({ run, scenario, n, p50, min, max }) => [
        idCode(scenario),
        host,
        runs[run]!.model,
        number(bytes(runs[run]!.bytes)),
        number(String(n)),
        number(exactSeconds(p50)),
        number(range(min, max)),
        html`<code>${runs[run]!.path}</code>`,
      ]),
    ),
  )

function runsTable({ runs, left_out: out }: Sizes): Section {
  return section(
    'runs',
    'Runs',
    table(
      ['run', 'began', 'model', 'what became of it'],
      [
        ...runs.map(({ path, timestamp, model, bytes: size }) => [
          html`<code>${path}</code>`,
          day(timestamp),
          `${model}, ${bytes(size)}`,
          'read',
        ]),
        ...out.map(({ path, why }) => [html`<code>${path}</code>`, '', '', `left out: ${why}`]),
      ],
    ),
  )
}
