import { describe, expect, it } from 'vitest'
import { run, trials } from '../testing/recorded/builders.ts'
import { type History, historyOf, historySchema } from './history.ts'
import { summarize } from './summary.ts'

type Fingerprint = Record<string, string | null>

/** A report of one day of October, each scenario with four trials around these seconds. */
function report(date: number, tffts: Record<string, number>, fingerprint: Fingerprint = {}) {
  const timestamp = `2026-10-${String(date).padStart(2, '0')}T04:00:00.000Z`
  const host = { ...run([]).host, fingerprint: { gpu: null, cpu: 'made-up', ...fingerprint } }
  return summarize(
    run(
      Object.keys(tffts).map(id => ({ id })),
      { timestamp, host },
    ),
    Object.entries(tffts).flatMap(([scenario, tfft]) =>
      trials(
        [0.98, 1, 1.01, 1.02].map(share => share * tfft * (1 + (date % 3) / 100)),
        { scenario },
      ),
    ),
  )
}
const named = (reports: ReturnType<typeof report>[]) =>
  reports.map((one, index) => ({ path: `results/${index}`, report: one }))
const days = Array.from({ length: 20 }, (_, index) => index + 1)
const steps = ({ series }: History) =>
  series.flatMap(({ scenario, steps }) => steps.map(({ run, change }) => [scenario, run, Number(change.toFixed(2))]))

describe('historyOf', () => {
  it('points out a step of one scenario, where it lies and how high, and none of the other', () => {
    const all = days.map(date =>
      report(date, { cold: 2, place: date > 11 ? 0.5 : 0.4 }, { criu: date > 11 ? '4.3' : '4.2' }),
    )
    const history = historyOf(named(all))
    expect(steps(history)).toEqual([['place', 11, 0.25]])
    expect(history.runs[11]!.changes).toEqual([{ name: 'criu', from: '4.2', to: '4.3' }])
    expect(history.runs.flatMap(({ changes }) => changes)).toHaveLength(1)
    expect(historySchema.parse(JSON.parse(JSON.stringify(history)))).toEqual(history)
  })
  it('takes runs in any order, and one that is named twice once', () => {
    const all = named(days.map(date => report(date, { cold: date > 10 ? 3 : 2 })))
    const again = { ...all[4]!, path: 'results/latest' }
    const history = historyOf([...all.toReversed(), again])
    expect(history.runs.map(({ path }) => path)).toEqual(all.map(({ path }) => path))
    expect(steps(history)).toEqual([['cold', 10, 0.5]])
  })
  it('does not compare what another host, engine or model measured', () => {
    const all = days.map(date => report(date, { cold: date % 2 ? 2 : 1 }, { gpu: date % 2 ? 'H100' : 'H200' }))
    const history = historyOf(named(all))
    expect(history.series.map(({ host, points }) => [host, points.length])).toEqual([
      ['H100', 10],
      ['H200', 10],
    ])
    expect(steps(history)).toEqual([])
    expect(history.runs.flatMap(({ changes }) => changes)).toEqual([])
  })
  it('asks more of each series the more there are, and says how many runs that takes', () => {
    const few = historyOf(named(days.map(date => report(date, { a: 1 }))))
    const many = historyOf(named(days.map(date => report(date, { a: 1, b: 1, c: 1, d: 1 }))))
    expect(many.series_level).toBeCloseTo(few.series_level / 4)
    expect(many.least_runs).toBeGreaterThan(few.least_runs)
  })
})
