import * as Plot from '@observablehq/plot'
import { seconds } from '../../run/format.ts'
import type { Scenario } from '../../run/schema.ts'
import { figureSection, logTicks, number, type PictureSize, picture, table } from './figure.ts'
import type { Markup, Section } from './markup.ts'
import { rows } from './rows.ts'
import { intervalCell } from './spread.ts'

/** Every trial as a dot, the first at the top of its row, with the median. */
export function trialDots(scenarios: Scenario[]): Section | undefined {
  const shown = scenarios.filter(scenario => scenario.tfft)
  if (shown.length === 0) return undefined
  const axis = axisOf(shown.flatMap(({ trials }) => trials.flatMap(({ tfft }) => tfft ?? [])))
  return figureSection({
    id: 'trials',
    title: 'How far do trials lie apart?',
    text: 'Each dot is one start, the line is the median.',
    note:
      'The first trial of a scenario is at the top of its row, the last at the bottom: a slope is a drift.' +
      (axis.logarithmic ? ' The axis is logarithmic: equal distances are equal ratios.' : ''),
    picture: picture('TFFT of every trial', size => chart(shown, axis, size)),
    table: figures(shown),
  })
}

interface Axis {
  logarithmic: boolean
  domain: readonly [number, number]
}

/** Logarithmic where trials lie so far apart that the short ones would all be one dot. */
export function axisOf(tffts: number[]): Axis {
  const [min, max] = [Math.min(...tffts), Math.max(...tffts)]
  const logarithmic = min > 0 && max > 8 * min
  return { logarithmic, domain: logarithmic ? [min / 1.12, max * 1.12] : [0, max * 1.04] }
}

interface Dot {
  tfft: number
  y: number
  baseline: boolean
  name: string
}

/** Height of a row's dots. */
const BAND = 22

/**
 * The trials of a scenario lie one below the other around the middle of its row.
 * @param at that middle, by the scenario's id
 */
export function dotsOf(shown: Scenario[], at: (id: string) => number, band = BAND): Dot[] {
  return shown.flatMap(({ id, trials, baseline }) => {
    const counted = trials.filter(trial => trial.tfft !== null)
    return counted.map((trial, index) => ({
      tfft: trial.tfft!,
      y: at(id) + (counted.length === 1 ? 0 : band * (index / (counted.length - 1) - 0.5)),
      baseline,
      name: `${id}, trial ${trial.trial}`,
    }))
  })
}

function chart(shown: Scenario[], { logarithmic, domain }: Axis, size: PictureSize): Plot.PlotOptions {
  const { narrow } = size
  const { height, marginLeft, scale, at, names } = rows(shown, size, BAND + 8, narrow ? 10 : 4)
  const ticks = logTicks(domain, narrow ? 6 : 9)
  return {
    height: height + 48,
    marginLeft,
    marginRight: narrow ? 46 : 60,
    marginTop: 8,
    marginBottom: 40,
    x: {
      type: logarithmic ? 'log' : 'linear',
      domain: [...domain],
      label: 'TFFT, seconds →',
      labelAnchor: 'right',
      grid: true,
      ticks: logarithmic ? ticks : narrow ? 4 : 8,
    },
    y: scale,
    marks: [
      Plot.axisX({ ...(logarithmic ? { ticks } : {}), text: (value: number) => String(value), tickSize: 0 }),
      ...names,
      ...marks(shown, at),
    ],
    color: { type: 'identity' },
  }
}

/** The median of each scenario, its trials on it, and the median in figures. */
const marks = (shown: Scenario[], at: (id: string) => number): Plot.Markish[] => [
  Plot.link(shown, {
    x1: one => one.tfft!.p50,
    x2: one => one.tfft!.p50,
    y1: one => at(one.id) - BAND / 2 - 4,
    y2: one => at(one.id) + BAND / 2 + 4,
    stroke: 'var(--ink)',
    strokeWidth: 2,
  }),
  Plot.dot(dotsOf(shown, at), {
    x: 'tfft',
    y: 'y',
    r: 3.2,
    fill: dot => (dot.baseline ? 'var(--muted)' : 'var(--criu)'),
    fillOpacity: 0.85,
    title: dot => `${dot.name}: ${seconds(dot.tfft)} s`,
  }),
  Plot.text(shown, {
    x: one => one.tfft!.max,
    y: one => at(one.id),
    text: one => seconds(one.tfft!.p50),
    textAnchor: 'start',
    dx: 12,
    fontWeight: 600,
    fontSize: 13,
  }),
]

const figures = (shown: Scenario[]): Markup =>
  table(
    ['scenario', number('n'), number('median, s'), number('95 %'), number('min'), number('max'), 'trials in order, s'],
    shown.map(scenario => [
      scenario.id,
      number(String(scenario.n)),
      number(seconds(scenario.tfft!.p50)),
      intervalCell(scenario),
      number(seconds(scenario.tfft!.min)),
      number(seconds(scenario.tfft!.max)),
      scenario.trials.map(trial => (trial.tfft === null ? 'failed' : seconds(trial.tfft))).join(', '),
    ]),
  )
