import { MIN_TRIALS } from '../analysis/targets.ts'
import { change, count, percent, seconds } from '../run/format.ts'
import type { Comparison, Report } from '../run/schema.ts'
import { align, type Column, cut, paint, wrap } from './text.ts'

const GATE_COLOURS = {
  faster: 'green',
  slower: 'red',
  'no-difference': 'dim',
  'cannot-tell': 'yellow',
  missing: 'red',
  new: 'dim',
} as const

/** A comparison's verdict as it is shown: what only this run has is new, and nothing is missing. */
export const calledVerdict = ({ verdict, p50 }: Comparison): keyof typeof GATE_COLOURS =>
  verdict === 'missing' && p50 !== null ? 'new' : verdict
const COLUMNS: Column[] = ['left', 'left', 'left', 'right', 'left'].map(align => ({ align: align as 'left' | 'right' }))

/** The comparison with a reference as text: a row a scenario, with the change of the median, its interval and p. */
export function renderGate(reference: NonNullable<Report['reference']>, { columns = 80, colour = false } = {}): string {
  const width = Math.min(columns, 80)
  const ink = paint(colour)
  const rows = align(
    reference.comparisons.map(compared => {
      const { reference_p50, p50, change: by, ci95, p_value } = compared
      return [
        calledVerdict(compared),
        `${reference_p50 === null ? '–' : seconds(reference_p50)} → ${p50 === null ? '–' : `${seconds(p50)} s`}`,
        by === null ? '' : change(by),
        ci95 === null ? '' : `(${change(ci95[0])} to ${change(ci95[1])})`,
        p_value === null ? '' : `p ${p_value < 0.001 ? '< 0.001' : p_value.toFixed(3)}`,
      ]
    }),
    COLUMNS,
  )
  const figures = rows.map(row => row.join('  ').trimEnd())
  const room = Math.max(12, width - 2 - Math.max(0, ...rows.map(row => row.join('  ').length)))
  const name = Math.min(room, Math.max(0, ...reference.comparisons.map(({ scenario }) => scenario.length)))
  return [
    ink('bold', cut(`Against ${reference.path}, tolerance ${percent(reference.tolerance)}`, width)),
    ...reference.comparisons.flatMap((compared, index) => {
      const { scenario } = compared
      const painted = ink(GATE_COLOURS[calledVerdict(compared)], figures[index]!)
      return scenario.length <= name
        ? [`${scenario.padEnd(name)}  ${painted}`]
        : [scenario, `${''.padEnd(name)}  ${painted}`]
    }),
    ...(reference.differs.length > 0
      ? wrap(`Another host, compared anyway; it differs in ${reference.differs.join(', ')}.`, width).map(line =>
          ink('yellow', line),
        )
      : []),
  ].join('\n')
}

/** The last line of the gate. */
export function gateVerdict(reference: NonNullable<Report['reference']>): string {
  const of = (verdict: string) => reference.comparisons.filter(comparison => comparison.verdict === verdict).length
  if (reference.verdict === 'slower')
    return `SLOWER than the reference: ${of('slower')} of ${reference.comparisons.length} scenarios`
  if (reference.verdict === 'pass') return 'NOT SLOWER than the reference'
  const gone = reference.comparisons.filter(({ verdict, p50 }) => verdict === 'missing' && p50 === null).length
  const reasons = [
    gone > 0 && `${gone} of the reference were not measured`,
    of('cannot-tell') > 0 && `${of('cannot-tell')} had fewer than ${MIN_TRIALS} trials, which is inconclusive`,
  ]
  return `INCOMPLETE, of ${count(reference.comparisons.length, 'scenario')}: ${reasons.filter(Boolean).join('; ')}`
}
