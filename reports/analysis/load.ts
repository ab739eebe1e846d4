import { median, medianOf, ratioInterval } from '../../helpers/core/statistics.ts'
import type { Run, Scenario, ScenarioLoad, Trial, TrialLoad } from '../run/schema.ts'
import type { Asked } from './asked.ts'
import { comparedTrials, counts } from './figures.ts'
import { MIN_TRIALS } from './targets.ts'

/** What a server did under load, beside the baseline of its group. All pure. */

/** A server has its throughput as soon as it has this share of the steady one of the baseline. */
const STEADY = 0.95

/** Undefined where no trial that counted was put under load. */
export function loadOf(entry: Asked, run: Run, trials: Trial[]): Scenario['load'] {
  const all = trials.flatMap(trial => (trial.scenario === entry.id && counts(trial) && trial.load ? [trial.load] : []))
  if (all.length === 0) return undefined
  const through = all.filter(wentThrough)
  const error = all.find(load => load.error !== undefined)?.error
  const answers = all.flatMap(load => load.answers ?? [])
  const ttft = medianPercentiles(through.flatMap(load => load.ttft ?? []))
  const interToken = medianPercentiles(through.flatMap(load => load.inter_token ?? []))
  const rate = medianOf(through.map(throughput))
  const compared = versusBaseline(entry, run, trials)
  return {
    n: through.length,
    failed: all.length - through.length,
    ...(error !== undefined && { error }),
    tokens: perSecond(through),
    ...(rate !== undefined && { tokens_per_second: rate }),
    ...(ttft && { ttft }),
    ...(interToken && { inter_token: interToken }),
    ...(answers.length > 0 && { answers: { same: answers.filter(({ same }) => same).length, of: answers.length } }),
    ...(compared && { versus_baseline: compared }),
  }
}

/** Whether what was seen under load fails a run: a server that did not come through, or is slower for sure. */
export const loadFails = ({ load }: Pick<Scenario, 'load'>): boolean =>
  load !== undefined && (load.failed > 0 || load.versus_baseline?.verdict === 'fail')

type Seen = Pick<TrialLoad, 'tokens'>

const wentThrough = ({ error, tokens }: TrialLoad) => error === undefined && tokens.length > 0

/** Tokens per second over the whole load. */
const throughput = ({ tokens }: Seen) => tokens.reduce((sum, one) => sum + one, 0) / tokens.length

/** Tokens per second once a server has warmed up: the median of the seconds of the second half. */
export const steady = ({ tokens }: Seen): number => median(tokens.slice(Math.floor(tokens.length / 2)))

/**
 * Seconds that had passed at the end of the first second with {@link STEADY} of that many tokens: at least 1.
 * Infinity where none had.
 */
export function secondsToSteady({ tokens }: Seen, rate: number): number {
  const first = tokens.findIndex(one => one >= STEADY * rate)
  return first < 0 ? Number.POSITIVE_INFINITY : first + 1
}

/** No slower than so much, surely slower, or neither: too few trials, or an interval with the limit within. */
export function verdict([low, high]: readonly [number, number], limit: number, n: number) {
  if (n < MIN_TRIALS) return 'inconclusive'
  return low >= limit ? 'pass' : high < limit ? 'fail' : 'inconclusive'
}

function versusBaseline(entry: Asked, run: Run, trials: Trial[]): ScenarioLoad['versus_baseline'] {
  const loaded = trials.filter(({ load }) => load && wentThrough(load))
  const compared = comparedTrials(entry, run, loaded)
  if (!compared || !run.load) return undefined
  const loads = (of: Trial[]) => of.map(({ load }) => load!)
  const [own, baseline] = [loads(compared.own), loads(compared.baseline)]
  const rates = { own: own.map(throughput), baseline: baseline.map(throughput) }
  // a server without a token in all that time has no ratio
  if (rates.baseline.some(rate => rate === 0)) return undefined
  const ci95 = ratioInterval(rates.own, rates.baseline)
  const limit = 1 - run.load.tolerance / 100
  const rate = median(baseline.map(steady))
  const until = median(own.map(load => secondsToSteady(load, rate)))
  return {
    scenario: compared.id,
    ratio: median(rates.own) / median(rates.baseline),
    ci95,
    limit,
    verdict: verdict(ci95, limit, Math.min(own.length, baseline.length)),
    steady: rate,
    seconds_to_steady: Number.isFinite(until) ? until : null,
  }
}

/** Median of each second. */
const perSecond = (loads: Seen[]): number[] =>
  Array.from({ length: Math.max(0, ...loads.map(({ tokens }) => tokens.length)) }, (_, second) =>
    median(loads.flatMap(({ tokens }) => tokens[second] ?? [])),
  )

function medianPercentiles(all: { p50: number; p99: number }[]): { p50: number; p99: number } | undefined {
  return all.length === 0
    ? undefined
    : { p50: median(all.map(({ p50 }) => p50)), p99: median(all.map(({ p99 }) => p99)) }
}
