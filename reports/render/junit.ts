import { count, metricSign, metricValue } from '../run/format.ts'
import type { Report, Scenario, TargetResult } from '../run/schema.ts'
import type { ReportFormat } from './report-format.ts'

export const junit: ReportFormat = { name: 'JUnit XML', file: 'junit.xml', render: renderJunit }

/**
 * JUnit XML: a suite a strategy, a case a scenario (it fails where the scenario did), a case a target, whose property
 * `kind` is must or goal, and a case a comparison with the reference. Times are in seconds: TFFT p50, of a target what
 * it judged. Format: https://github.com/testmoapp/junitxml
 */
export function renderJunit(report: Report): string {
  const suites = [...new Set(report.scenarios.map(scenario => scenario.strategy))].map(strategy =>
    suite(
      strategy,
      report.scenarios.filter(scenario => scenario.strategy === strategy).flatMap(cases),
      report.timestamp,
    ),
  )
  const gate = report.reference?.comparisons.map(
    ({ scenario, verdict, change, p50 }): Case => ({
      name: scenario,
      time: 0,
      class: 'reference',
      ...(verdict === 'slower' && { failure: `slower than the reference by ${((change ?? 0) * 100).toFixed(0)} %` }),
      ...(verdict === 'missing' &&
        (p50 === null
          ? { failure: 'the reference has it, this run did not measure it' }
          : { skipped: 'new: the reference does not have it' })),
      ...(verdict === 'cannot-tell' && { skipped: 'too few trials to tell' }),
    }),
  )
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="criu-gpu-bench">\n' +
    `${[...suites, ...(gate ? [suite('reference', gate, report.timestamp)] : [])].join('\n')}\n</testsuites>\n`
  )
}

interface Case {
  name: string
  class: string
  time: number
  failure?: string
  skipped?: string
  /** Of a target: `must` fails a run, `goal` does not. */
  kind?: TargetResult['kind']
}

function cases(scenario: Scenario): Case[] {
  const { id, strategy, outcome, reason = outcome, n, failed, tfft, targets } = scenario
  const own: Case = {
    name: id,
    class: strategy,
    time: tfft?.p50 ?? 0,
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
        ...judged(target),
      }),
    ),
  ]
}

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

function suite(name: string, all: Case[], timestamp: string): string {
  const number = (key: 'failure' | 'skipped') => all.filter(one => one[key] !== undefined).length
  const body = distinct(all).map(
    one =>
      `    <testcase name="${escapeXml(one.name)}" classname="${escapeXml(one.class)}" ` +
      `time="${seconds6(one.time)}"${closed(one)}`,
  )
  return (
    `  <testsuite name="${escapeXml(name)}" tests="${all.length}" failures="${number('failure')}" ` +
    `skipped="${number('skipped')}" errors="0" timestamp="${timestamp}">\n` +
    `${body.join('\n')}\n  </testsuite>`
  )
}

/** Two limits that round to the same text are two cases all the same: who reads them goes by the name. */
function distinct(all: Case[]): Case[] {
  const seen = new Map<string, number>()
  return all.map(one => {
    const times = (seen.get(one.name) ?? 0) + 1
    seen.set(one.name, times)
    return times === 1 ? one : { ...one, name: `${one.name} #${times}` }
  })
}

function closed(one: Case): string {
  const inner = [properties(one), outcome(one)].join('')
  return inner === '' ? '/>' : `>${inner}</testcase>`
}

const properties = ({ kind }: Case): string =>
  kind === undefined ? '' : `<properties><property name="kind" value="${kind}"/></properties>`

function outcome({ failure, skipped }: Case): string {
  if (failure !== undefined)
    return `<failure message="${escapeXml(failure.split('\n')[0]!)}">${escapeXml(failure)}</failure>`
  return skipped === undefined ? '' : `<skipped message="${escapeXml(skipped)}"/>`
}

const seconds6 = (value: number) => value.toFixed(6)

/** XML text; characters that XML 1.0 has no place for, such as a terminal's colours in a log line, are left out. */
export function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '')
    .replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)
    .replaceAll('\n', '&#10;')
}
