import { intervalOf, MIN_TRIALS } from '../../analysis/targets.ts'
import { factorRange, range } from '../../run/format.ts'
import type { Metric, Scenario } from '../../run/schema.ts'
import { type Cell, NONE, number } from './figure.ts'

/**
 * How sure a figure is, for the brackets behind it: `0.18–0.25, n = 5` with the 95 % interval; of few trials their
 * range, `range 0.46–0.48, n = 3`; of one `n = 1`.
 */
export function spread(scenario: Scenario, metric: Metric): string {
  const { n, tfft } = scenario
  const interval = intervalOf(scenario, metric)
  const timed = metric.startsWith('tfft') && tfft !== undefined && n > 1 && n < MIN_TRIALS
  const text = interval
    ? metric === 'speedup.p50'
      ? factorRange(interval)
      : range(...interval)
    : timed && `range ${range(tfft.min, tfft.max)}`
  return [text, `n = ${n}`].filter(Boolean).join(', ')
}

/** The 95 % interval of a scenario's TFFT for a table. */
export function intervalCell(scenario: Scenario): Cell {
  const interval = intervalOf(scenario, 'tfft.p50')
  return interval ? number(range(...interval)) : NONE
}
