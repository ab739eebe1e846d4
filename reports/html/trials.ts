import * as Plot from '@observablehq/plot'
import { seconds } from '../format.ts'
import type { Scenario } from '../schema.ts'
import { figure, label, logTicks, number, picture, table, rowHeight } from './figure.ts'
import type { Markup } from './markup.ts'

/** Every trial as a dot, the first at the top of its row, with the median. */
export function trialDots(scenarios: Scenario[]): Markup | undefined {
  const shown = scenarios.filter(scenario => scenario.tfft)
  if (shown.length === 0) return undefined
  // a row is 1 high; its trials lie one below the other in the middle of it
  const dotsIn = (band: number) => shown.flatMap((scenario, row) => {
    const counted = scenario.trials.filter(trial => trial.tfft !== null)
    return counted.map((trial, index) => ({ tfft: trial.tfft!, y: row + (counted.length === 1 ? 0 : band * (index / (counted.length - 1) - 0.5)), baseline: scenario.baseline, name: `${scenario.id}, trial ${trial.trial}` }))
  })
  const medians = shown.map(({ id, tfft }, row) => ({ id, row, p50: tfft!.p50, max: tfft!.max }))
  const all = dotsIn(1).map(dot => dot.tfft)
  const logarithmic = Math.min(...all) > 0 && Math.max(...all) > 8 * Math.min(...all)
  const domain = logarithmic ? [Math.min(...all) / 1.12, Math.max(...all) * 1.12] as const : [0, Math.max(...all) * 1.04] as const
  return figure({
    id: 'trials', title: 'Every trial',
    text: `Each dot is one start, the first trial of a scenario at the top of its row and the last at the bottom; the line is the median.${logarithmic ? ' The axis is logarithmic: equal distances are equal ratios.' : ''}`,
    picture: picture('TFFT of every trial', ({ narrow }) => ({
      height: shown.length * (narrow ? 68 : rowHeight(shown.map(({ id }) => id), 44)) + 48, marginLeft: narrow ? 4 : 262, marginRight: narrow ? 46 : 60, marginTop: narrow ? 20 : 8, marginBottom: 40,
      x: { type: logarithmic ? 'log' : 'linear', domain: [...domain], label: 'TFFT, seconds →', labelAnchor: 'right', grid: true, ticks: logarithmic ? logTicks(domain, narrow ? 5 : 9) : narrow ? 4 : 8 },
      y: { type: 'linear', domain: [shown.length - 0.5, -0.5], axis: null },
      marks: [
        Plot.axisX({ ...(logarithmic ? { ticks: logTicks(domain, narrow ? 5 : 9) } : {}), text: (value: number) => String(value), tickSize: 0 }),
        Plot.link(medians, { x1: 'p50', x2: 'p50', y1: median => median.row - (narrow ? 0.29 : 0.38), y2: median => median.row + (narrow ? 0.29 : 0.38), stroke: 'var(--ink)', strokeWidth: 2 }),
        Plot.dot(dotsIn(narrow ? 0.44 : 0.6), { x: 'tfft', y: 'y', r: 3.2, fill: dot => dot.baseline ? 'var(--muted)' : 'var(--criu)', fillOpacity: 0.85, title: dot => `${dot.name}: ${seconds(dot.tfft)} s` }),
        Plot.text(medians, { x: 'max', y: 'row', text: median => seconds(median.p50), textAnchor: 'start', dx: 12, fontWeight: 600, fontSize: 13 }),
        Plot.text(medians, { frameAnchor: 'left', y: 'row', text: median => narrow ? median.id : label(median.id), textAnchor: narrow ? 'start' : 'end', dx: narrow ? 0 : -12, dy: narrow ? -30 : 0, fontSize: 12, stroke: 'var(--paper)', strokeWidth: 4, fill: 'var(--ink)' }),
      ],
      color: { type: 'identity' },
    })),
    table: table(['scenario', number('n'), number('median'), number('95 %'), number('min'), number('max'), 'trials in order, s'], shown.map(({ id, n, tfft, trials }) => [
      id, number(String(n)), number(seconds(tfft!.p50)), number(tfft!.ci95.map(seconds).join('–')), number(seconds(tfft!.min)), number(seconds(tfft!.max)), trials.map(trial => trial.tfft === null ? 'failed' : seconds(trial.tfft)).join(', '),
    ])),
  })
}
