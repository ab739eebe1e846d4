import * as Plot from '@observablehq/plot'
import { seconds } from '../../run/format.ts'
import type { Scenario } from '../../run/schema.ts'
import { figureSection, logTicks, NAMES, number, type PictureSize, picture, rows, table } from './figure.ts'
import type { Markup } from './markup.ts'

/** Every trial as a dot, the first at the top of its row, with the median. */
export function trialDots(scenarios: Scenario[]): Markup | undefined {
  const shown = scenarios.filter(scenario => scenario.tfft)
  if (shown.length === 0) return undefined
  const axis = axisOf(shown.flatMap(({ trials }) => trials.flatMap(({ tfft }) => tfft ?? [])))
  return figureSection({
    id: 'trials',
    title: 'Every trial',
    text:
      'Each dot is one start, the first trial of a scenario at the top of its row and the last at the ' +
      'bottom; the line is the ' +
      `median.${axis.logarithmic ? ' The axis is logarithmic: equal distances are equal ratios.' : ''}`,
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

/** A row is 1 high; its trials lie one below the other in the middle of it. @param band the part that they take */
export function dotsOf(shown: Scenario[], band: number): Dot[] {
  return shown.flatMap((scenario, row) => {
    const counted = scenario.trials.filter(trial => trial.tfft !== null)
    return counted.map((trial, index) => ({
      tfft: trial.tfft!,
      y: row + (counted.length === 1 ? 0 : band * (index / (counted.length - 1) - 0.5)),
      baseline: scenario.baseline,
      name: `${scenario.id}, trial ${trial.trial}`,
    }))
  })
}

function chart(shown: Scenario[], { logarithmic, domain }: Axis, size: PictureSize): Plot.PlotOptions {
  const { narrow } = size
  const ids = shown.map(({ id }) => id)
  const { height, dy, names } = rows(ids, size, 34, narrow ? 18 : 10)
  const ticks = logTicks(domain, narrow ? 6 : 9)
  return {
    height: shown.length * height + 48,
    marginLeft: narrow ? 8 : NAMES,
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
    y: { type: 'linear', domain: [shown.length - 0.5, -0.5], axis: null },
    marks: [
      Plot.axisX({ ...(logarithmic ? { ticks } : {}), text: (value: number) => String(value), tickSize: 0 }),
      ...names(ids, id => ids.indexOf(id)),
      ...marks(shown, dy, height),
    ],
    color: { type: 'identity' },
  }
}

/** The median of each scenario, its trials on it, and the median in figures. @param height of a row, in pixels */
function marks(shown: Scenario[], dy: number, height: number): Plot.Markish[] {
  const medians = shown.map(({ tfft }, row) => ({ row, p50: tfft!.p50, max: tfft!.max }))
  // parts of a row that the dots and the line take
  const [dots, line] = [dotsOf(shown, 26 / height), 17 / height]
  return [
    Plot.link(medians, {
      x1: 'p50',
      x2: 'p50',
      y1: median => median.row - line,
      y2: median => median.row + line,
      dy,
      stroke: 'var(--ink)',
      strokeWidth: 2,
    }),
    Plot.dot(dots, {
      x: 'tfft',
      y: 'y',
      dy,
      r: 3.2,
      fill: dot => (dot.baseline ? 'var(--muted)' : 'var(--criu)'),
      fillOpacity: 0.85,
      title: dot => `${dot.name}: ${seconds(dot.tfft)} s`,
    }),
    Plot.text(medians, {
      x: 'max',
      y: 'row',
      text: median => seconds(median.p50),
      textAnchor: 'start',
      dx: 12,
      dy,
      fontWeight: 600,
      fontSize: 13,
    }),
  ]
}

const figures = (shown: Scenario[]): Markup =>
  table(
    ['scenario', number('n'), number('median'), number('95 %'), number('min'), number('max'), 'trials in order, s'],
    shown.map(({ id, n, tfft, trials }) => [
      id,
      number(String(n)),
      number(seconds(tfft!.p50)),
      number(tfft!.ci95.map(seconds).join('–')),
      number(seconds(tfft!.min)),
      number(seconds(tfft!.max)),
      trials.map(trial => (trial.tfft === null ? 'failed' : seconds(trial.tfft))).join(', '),
    ]),
  )
