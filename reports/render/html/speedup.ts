import * as Plot from '@observablehq/plot'
import { MIN_TRIALS } from '../../analysis/targets.ts'
import { versusColdStart } from '../../run/baseline.ts'
import { exactSeconds, factor, factorRange } from '../../run/format.ts'
import type { Scenario } from '../../run/schema.ts'
import { figureSection, logTicks, number, type PictureSize, picture, table } from './figure.ts'
import type { Markup, Section } from './markup.ts'
import { rows } from './rows.ts'

const colour = ({ versus_baseline: versus }: Scenario) =>
  versus!.ci95[0] > 1 ? 'var(--criu)' : versus!.ci95[1] < 1 ? 'var(--archive)' : 'var(--muted)'

const FEW = ` Fewer than ${MIN_TRIALS} trials are inconclusive, whatever the bar shows.`

/** Speedup over the baseline of the same group, with its interval and the two medians that it is made of. */
export function speedups(scenarios: Scenario[]): Section | undefined {
  const shown = scenarios.filter(scenario => scenario.versus_baseline)
  if (shown.length === 0) return undefined
  const over = shown.every(versusColdStart) ? 'a cold start' : 'the baseline'
  const few = shown.some(({ n }) => n < MIN_TRIALS)
  const bases = [...new Set(shown.map(one => one.versus_baseline!.scenario))]
  return figureSection({
    id: 'speedups',
    title: `Faster than ${over}?`,
    text:
      `Median TFFT of ${bases.length === 1 ? bases[0] : 'the baseline'} over that of the scenario; ` +
      'right of the line is faster.',
    note:
      'The bar is the 95 % bootstrap interval; where it contains 1, no difference was shown. Scenario and baseline ' +
      `alternated in the same group; each group has its own baseline. The axis is logarithmic.${few ? FEW : ''}`,
    picture: picture(`Speedup of each scenario over ${over}`, size => chart(shown, size)),
    table: figures(shown),
  })
}

function chart(shown: Scenario[], size: PictureSize): Plot.PlotOptions {
  const { narrow } = size
  const bounds = shown.flatMap(({ versus_baseline: versus }) => [versus!.speedup, ...versus!.ci95])
  const domain = [Math.min(0.8, ...bounds) / 1.15, Math.max(1.25, ...bounds) * 1.15] as const
  const { height, marginLeft, scale, at, names } = rows(shown, size, 14, 8)
  const ticks = logTicks(domain, narrow ? 6 : 9)
  return {
    height: height + 50,
    marginLeft,
    marginRight: narrow ? 54 : 64 + MEDIANS,
    marginTop: 10,
    marginBottom: 40,
    x: { type: 'log', domain: [...domain], label: 'times as fast →', labelAnchor: 'right', grid: true, ticks },
    y: scale,
    marks: [
      // its own text: a logarithmic scale leaves some of its labels out
      Plot.axisX({ ticks, text: (value: number) => `${value}x`, tickSize: 0 }),
      Plot.ruleX([1], { stroke: 'var(--ink)', strokeWidth: 1.5 }),
      ...names,
      ...marks(shown, ({ id }) => at(id), narrow),
    ],
    color: { type: 'identity' },
  }
}

/** Room for both medians beside a speedup, in pixels. */
const MEDIANS = 110

/** The interval of each scenario, its speedup on it, and the same in figures. */
const marks = (shown: Scenario[], y: (scenario: Scenario) => number, narrow: boolean): Plot.Markish[] => [
  Plot.link(shown, {
    y,
    x1: scenario => scenario.versus_baseline!.ci95[0],
    x2: scenario => scenario.versus_baseline!.ci95[1],
    stroke: colour,
    strokeWidth: 6,
    strokeOpacity: 0.35,
    strokeLinecap: 'round',
  }),
  Plot.dot(shown, {
    y,
    x: scenario => scenario.versus_baseline!.speedup,
    r: 4.5,
    fill: colour,
    title: scenario =>
      `${scenario.id}: ${factor(scenario.versus_baseline!.speedup)} ` +
      `(${factorRange(scenario.versus_baseline!.ci95)})`,
  }),
  // in a column of their own: beside the dots some would lie on the line at 1
  Plot.text(shown, {
    y,
    frameAnchor: 'right',
    text: scenario => factor(scenario.versus_baseline!.speedup),
    textAnchor: 'end',
    dx: narrow ? 52 : 62 + MEDIANS,
    fontWeight: 600,
    fontSize: 13,
  }),
  ...(narrow
    ? []
    : [
        Plot.text(shown, {
          y,
          frameAnchor: 'right',
          text: ({ tfft, versus_baseline: versus }) => `${exactSeconds(versus!.p50)} → ${exactSeconds(tfft!.p50)} s`,
          textAnchor: 'end',
          dx: MEDIANS,
          fontSize: 12,
          fill: 'var(--muted)',
        }),
      ]),
]

const figures = (shown: Scenario[]): Markup =>
  table(
    ['scenario', 'baseline', number('baseline p50, s'), number('p50, s'), number('speedup'), number('95 % interval')],
    shown.map(({ id, tfft, versus_baseline: versus }) => [
      id,
      versus!.scenario,
      number(exactSeconds(versus!.p50)),
      number(exactSeconds(tfft!.p50)),
      number(factor(versus!.speedup)),
      number(factorRange(versus!.ci95)),
    ]),
  )
