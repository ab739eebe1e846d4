import { describe, expect, it } from 'vitest'
import { type Run, reportSchema, type Trial } from '../run/schema.ts'
import { run, trial } from '../testing/recorded/builders.ts'
import { secondsToSteady, steady, verdict } from './load.ts'
import { summarize } from './summary.ts'

const load: Run['load'] = { concurrency: 1, seconds: 4, prompt: 1, output: 2, answers: 8, tolerance: 5 }
const figures = (tokens: number[]): Trial['load'] => ({
  tokens,
  requests: 4,
  ttft: { p50: 0.1, p99: 0.2 },
  inter_token: { p50: 0.01, p99: 0.02 },
})
const several = (scenario: string, loads: Trial['load'][]) =>
  loads.map((one, index) => ({ ...trial({ scenario, trial: index + 1, sequence: index }), ...(one && { load: one }) }))
const asked = run([{ id: 'cold', baseline: true }, { id: 'place' }], { load })
const reportOf = (cold: Trial['load'][], place: Trial['load'][]) =>
  summarize({ ...asked, iterations: cold.length }, [...several('cold', cold), ...several('place', place)])
const five = (tokens: number[]) => Array.from({ length: 5 }, () => figures(tokens))

describe('secondsToSteady', () => {
  it('is the end of the first second with 95 %', () => {
    expect(secondsToSteady({ tokens: [95, 0, 100] }, 100)).toBe(1)
    expect(secondsToSteady({ tokens: [10, 94, 95, 100] }, 100)).toBe(3)
  })
  it('never comes to a server that crawls', () =>
    expect(secondsToSteady({ tokens: [10, 20, 30] }, 100)).toBe(Number.POSITIVE_INFINITY))
})

it('the steady throughput is that of the second half', () => {
  expect(steady({ tokens: [1, 2, 90, 110] })).toBe(100)
  expect(steady({ tokens: [1, 2, 80, 90, 100] })).toBe(90)
})

it.each<[[number, number], number, string]>([
  [[0.95, 1.1], 5, 'pass'],
  [[0.94, 1.1], 5, 'inconclusive'],
  [[0.8, 0.94], 5, 'fail'],
  [[0.8, 0.95], 5, 'inconclusive'],
  [[1, 1], 3, 'inconclusive'],
  [[0.1, 0.2], 3, 'inconclusive'],
])('%j of %d trials: %s', (interval, n, expected) => expect(verdict(interval, 0.95, n)).toBe(expected))

describe('a scenario under load', () => {
  it('is held against the baseline of its group', () => {
    const report = reportOf(five([50, 100, 100, 100]), five([30, 60, 96, 164]))
    expect(reportSchema.parse(report)).toEqual(report)
    expect(report.scenarios.map(one => one.load)).toMatchObject([
      { n: 5, failed: 0, tokens: [50, 100, 100, 100], tokens_per_second: 87.5 },
      { versus_baseline: { scenario: 'cold', ratio: 1, ci95: [1, 1], limit: 0.95, steady: 100, seconds_to_steady: 3 } },
    ])
    expect(report.scenarios[0]!.load!.versus_baseline).toBeUndefined()
    expect(report.verdict).toBe('measured')
  })
  it('fails the run where it is slower for sure, also at its first seconds only', () => {
    const report = reportOf(five([100, 100, 100, 100]), five([0, 50, 100, 100]))
    expect(report.scenarios[1]!.load!.versus_baseline).toMatchObject({ verdict: 'fail', seconds_to_steady: 3 })
    expect(report.verdict).toBe('fail')
  })
  it('fails the run where a server did not come through, and its figures count for nothing', () => {
    const lost = { ...figures([100, 3, 0, 0])!, error: 'it died' }
    const report = reportOf(five([100, 100, 100, 100]), [...five([100, 100, 100, 100]).slice(1), lost])
    expect(report.scenarios[1]!.load).toMatchObject({ n: 4, failed: 1, error: 'it died', tokens_per_second: 100 })
    expect(report.scenarios[1]!.load!.versus_baseline!.verdict).toBe('pass')
    expect(report.verdict).toBe('fail')
  })
  it('counts long answers, and others than a fresh server gives fail nothing', () => {
    const answers = (same: boolean) => [{ prompt: 'p', tokens: 8, same, ttft: 0.1 }]
    const one = figures([9, 9, 9, 9])!
    const report = reportOf([one], [{ ...one, answers: answers(true) }])
    expect(report.scenarios[1]!.load!.answers).toEqual({ same: 1, of: 1 })
    const other = reportOf([one], [{ ...one, answers: answers(false) }])
    expect(other.scenarios[1]!.load!.answers).toEqual({ same: 0, of: 1 })
    expect(other.verdict).toBe('measured')
  })
  it('says nothing where nothing was put under load', () => {
    const report = reportOf([undefined], [undefined])
    expect(report.scenarios.map(one => 'load' in one)).toEqual([false, false])
  })
  it('a baseline without a token gives no ratio', () => {
    const report = reportOf(five([0, 0, 0, 0]), five([1, 1, 1, 1]))
    expect(report.scenarios[1]!.load!.versus_baseline).toBeUndefined()
  })
})
