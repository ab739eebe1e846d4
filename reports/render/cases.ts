import { count, metricSign, metricValue } from '../run/format.ts'
import type { Comparison, Report, Scenario, TargetResult } from '../run/schema.ts'

/** A report as test cases, which CI displays: one for each scenario, target and comparison with the reference. */

export interface Case {
  name: string
  class: string
  /** Seconds. */
  time: number
  failure?: string
  skipped?: string
  /** Of a target: `must` fails a run, `goal` does not. */
  kind?: TargetResult['kind']
  /** Of a target what it judged, of several servers theirs: seconds and shares. */
  figures?: Record<string, number>
}

function cases(scenario: Scenario): Case[] {
  const { id, strategy, outcome, reason = outcome, n, failed, tfft, targets, servers } = scenario
  const own: Case = {
    name: id,
    class: strategy,
    time: tfft?.p50 ?? 0,
    ...(servers && { figures: ofServers(servers) }),
    ...(outcome === 'skipped' && { skipped: reason }),
    ...((outcome === 'failed' || failed > 0) && {
      failure: failed > 0 ? `${failed} of ${count(n + failed, 'trial')} failed: ${reason}` : reason,
    }),
  }
  return [
    own,
    ...targets.map(
      (target): Case => ({
        name: `${id}: ${limit(target)}`,
        class: strategy,
        time: secondsOf(target, tfft),
        kind: target.kind,
        ...(target.actual !== null && { figures: { [target.metric]: target.actual } }),
        ...judged(target),
      }),
    ),
  ]
}

const ofServers = ({ first, median, last, versus_one: one }: NonNullable<Scenario['servers']>) => ({
  'servers.first': first,
  'servers.median': median,
  'servers.last': last,
  ...(one && { 'servers.slowdown': one.slowdown, 'servers.further_memory': one.further_memory }),
})

/** What the target judged, where that is a time; else the time of what it judged. */
const secondsOf = ({ metric, actual }: TargetResult, tfft: Scenario['tfft']): number =>
  (metric.includes('tfft') ? actual : tfft?.p50) ?? 0

const limit = (target: TargetResult) =>
  [
    target.metric,
    metricSign(target.metric),
    metricValue(target.metric, target.limit),
    target.kind === 'goal' && '(goal)',
  ]
    .filter(Boolean)
    .join(' ')

function judged({ verdict, kind, actual, metric }: TargetResult): Pick<Case, 'failure' | 'skipped'> {
  const value = actual === null ? 'not measured' : metricValue(metric, actual)
  if (verdict === 'pass') return {}
  return verdict === 'fail' && kind === 'must'
    ? { failure: `missed: ${value}` }
    : { skipped: verdict === 'fail' ? `goal not reached: ${value}` : `inconclusive: ${value}` }
}

/** Suites in order: one for each strategy, then `reference` where the run is gated. */
export function suitesOf(report: Report): Map<string, Case[]> {
  const strategies = Map.groupBy(report.scenarios, ({ strategy }) => strategy as string)
  const suites = new Map([...strategies].map(([strategy, own]) => [strategy, distinct(own.flatMap(cases))]))
  return report.reference ? suites.set('reference', report.reference.comparisons.map(compared)) : suites
}

const compared = ({ scenario, verdict, change, p50 }: Comparison): Case => ({
  name: scenario,
  time: 0,
  class: 'reference',
  ...(verdict === 'slower' && { failure: `slower than the reference by ${((change ?? 0) * 100).toFixed(0)} %` }),
  ...(verdict === 'missing' &&
    (p50 === null
      ? { failure: 'the reference has it, this run did not measure it' }
      : { skipped: 'new: the reference does not have it' })),
  ...(verdict === 'cannot-tell' && { skipped: 'too few trials to tell' }),
})

/** Two limits that round to the same text are two cases all the same: who reads them goes by the name. */
function distinct(all: Case[]): Case[] {
  const seen = new Map<string, number>()
  return all.map(one => {
    const times = (seen.get(one.name) ?? 0) + 1
    seen.set(one.name, times)
    return times === 1 ? one : { ...one, name: `${one.name} #${times}` }
  })
}
