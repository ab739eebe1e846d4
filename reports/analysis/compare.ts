import { existsSync, realpathSync, statSync } from 'node:fs'
import { Problem } from '../../helpers/core/problem.ts'
import { type Interval, mannWhitney, median, ratioInterval } from '../../helpers/core/statistics.ts'
import { runFolder } from '../run/run-folder.ts'
import { type Comparison, type Fingerprint, type Report, reportSchema, type Scenario } from '../run/schema.ts'
import { checked, read } from '../run/trials.ts'
import { MIN_TRIALS } from './targets.ts'

/** A change of the median below this share is no regression, however sure it is. */
export const DEFAULT_TOLERANCE = 0.1
/** What counts as beyond chance; two-sided. Four against four trials reach 0.029, five against five 0.008. */
const SIGNIFICANT = 0.05

interface Options {
  path: string
  tolerance?: number
  anyHost?: boolean
}

/**
 * Reads a reference: a run folder or a report.json.
 * @throws Problem where it is missing, broken, or holds no measured scenario: none of these is ever a pass
 */
export function readReference(path: string): Report {
  const file = existsSync(path) && statSync(path).isDirectory() ? runFolder(path).report : path
  const text = read(file)
  const form = formOf(text)
  if (form !== undefined && form !== REPORT_FORM)
    throw new Problem(
      `${file} has the format ${JSON.stringify(form)}, this version compares ${REPORT_FORM}.\nName a ` +
        'report.json of this version, or keep a new reference: npm run reference -- results/latest FILE',
    )
  const report = checked(
    reportSchema,
    text,
    `${file} is not a report that can be compared with (npm run reference -- results/latest FILE keeps one)`,
  )
  if (values(report).size === 0)
    throw new Problem(`${file} measured nothing, so nothing can be compared with it; take a run whose verdict is pass`)
  return report
}

const REPORT_FORM = reportSchema.shape.schema.value

/** What a JSON file says it is; undefined where it says nothing, or is no JSON. */
function formOf(text: string): unknown {
  try {
    return (JSON.parse(text) as { schema?: unknown } | null)?.schema
  } catch {
    return undefined
  }
}

/**
 * Refuses two paths that lead to one run: through a link, or as a folder and its report.json.
 * @throws Problem
 */
export function checkOtherRun(reference: string, current: string): void {
  const [one, other] = [reference, current].map(reportOf)
  if (one !== undefined && one === other) throw itself(reference, `it leads to ${one}, as ${current} does`)
}

/** Where the report of a run lies or will lie, without links; undefined where there is no such path. */
function reportOf(path: string): string | undefined {
  if (!existsSync(path)) return undefined
  const report = statSync(path).isDirectory() ? runFolder(realpathSync(path)).report : path
  return existsSync(report) ? realpathSync(report) : report
}

const itself = (path: string, why: string) =>
  new Problem(
    `${path} is the run that it is compared with: ${why}. A run compared with itself is never slower.\n` +
      'Name an earlier run, or the file that npm run reference -- results/latest FILE kept of one.',
  )

/**
 * Refuses a reference from another host, engine or model, or of what was measured otherwise.
 * @returns the fingerprint's entries that differ; any only where `anyHost` allows it
 * @throws Problem naming each entry with both values
 */
export function checkFingerprint(
  reference: Fingerprint,
  current: Fingerprint,
  { path, anyHost = false }: Options,
): string[] {
  const differs = differing(reference, current)
  if (differs.length === 0 || anyHost) return differs
  if (differs.includes('method')) {
    const [there, here] = [reference, current].map(({ method }) => method ?? 'before 2')
    throw new Problem(
      `${path} was kept by a version of this suite that measured something else ` +
        `(method ${there} there, ${here} here).\n` +
        `${ANEW} REFERENCE_ANY_HOST=1 (npm run compare: --any-host) compares anyway.`,
    )
  }
  const lines = differences(reference, current)
  throw new Problem(
    `${path} is from another host or configuration, so times say nothing about a change. It differs in:\n` +
      `${lines.join('\n')}\n` +
      `${ANEW} Or compare anyway with REFERENCE_ANY_HOST=1 (npm run compare: --any-host).`,
  )
}

const differing = (one: Fingerprint, other: Fingerprint): string[] =>
  [...new Set([...Object.keys(one), ...Object.keys(other)])]
    .filter(name => (one[name] ?? null) !== (other[name] ?? null))
    .sort()

/** A line for each entry that differs, with both values. */
export const differences = (there: Fingerprint, here: Fingerprint): string[] =>
  differing(there, here).map(name => `  ${name}: ${difference(there[name] ?? 'none', here[name] ?? 'none')}`)

const ANEW = 'Keep a new reference: npx vitest bench, then npm run reference -- results/latest FILE.'

/** Values longer than this are shown by what they do not share. */
const SHOWN = 80

/** Both values, of long ones the words that only one of them has. */
function difference(there: string, here: string): string {
  const without = (text: string, other: string) => {
    const words = text.split(' ').filter(word => !other.split(' ').includes(word))
    return words.length > 0 ? words.join(' ') : 'the same words in another order'
  }
  const long = there.length > SHOWN && here.length > SHOWN
  return long ? `${without(there, here)} there, ${without(here, there)} here` : `${there} there, ${here} here`
}

/**
 * The gate: each scenario of the reference against this run. A scenario is slower (or faster) only where its median
 * changed by more than the tolerance and both the exact Mann–Whitney test and the bootstrap interval of the change say
 * that this is no chance.
 * @throws Problem where the hosts differ, where the two have no scenario in common, or where they are one run
 */
export function compareRuns(reference: Report, current: Report, options: Options): NonNullable<Report['reference']> {
  if (reference.timestamp === current.timestamp) throw itself(options.path, `both began at ${current.timestamp}`)
  const differs = checkFingerprint(reference.host.fingerprint, current.host.fingerprint, options)
  const tolerance = options.tolerance ?? DEFAULT_TOLERANCE
  const before = values(renamed(reference, current))
  const after = values(current)
  const common = [...before.keys()].filter(id => after.has(id))
  if (common.length === 0 && after.size > 0)
    throw new Problem(
      `${options.path} and this run have no scenario in common.\nThere: ` +
        `${[...before.keys()].join(', ')}\nHere: ${[...after.keys()].join(', ')}`,
    )
  const comparisons = [...new Set([...before.keys(), ...after.keys()])].map(id =>
    compareScenario(id, before.get(id) ?? [], after.get(id) ?? [], tolerance),
  )
  // what could not be compared is never a pass
  const incomplete = comparisons.some(
    ({ scenario, verdict }) => verdict === 'cannot-tell' || (verdict === 'missing' && before.has(scenario)),
  )
  const slower = comparisons.some(comparison => comparison.verdict === 'slower')
  return {
    path: options.path,
    timestamp: reference.timestamp,
    tolerance,
    differs,
    comparisons,
    verdict: slower ? 'slower' : incomplete ? 'incomplete' : 'pass',
  }
}

/**
 * The reference with the names of today: a scenario that has a short name now and had another id then is told by its
 * strategy and settings.
 */
function renamed(reference: Report, current: Report): Report {
  const ids = new Set(reference.scenarios.map(({ id }) => id))
  const named = current.scenarios.filter(({ id, strategy }) => id.startsWith(`${strategy}/`) && !ids.has(id))
  const today = new Set(current.scenarios.map(({ id }) => id))
  const idOf = ({ id, strategy, settings }: Scenario) =>
    today.has(id)
      ? id
      : (named.find(one => one.strategy === strategy && inOrder(one.settings) === inOrder(settings))?.id ?? id)
  return { ...reference, scenarios: reference.scenarios.map(scenario => ({ ...scenario, id: idOf(scenario) })) }
}

const inOrder = (settings: Scenario['settings']) =>
  JSON.stringify(Object.entries(settings).toSorted(([a], [b]) => (a < b ? -1 : 1)))

/** TFFT of the trials that counted, by scenario. */
function values(report: Report): Map<string, number[]> {
  const counted = (scenario: Scenario) => scenario.trials.flatMap(trial => trial.tfft ?? [])
  return new Map(
    report.scenarios
      .filter(scenario => scenario.outcome === 'measured' && counted(scenario).length > 0)
      .map(scenario => [scenario.id, counted(scenario)]),
  )
}

/**
 * Compares two samples of TFFT in seconds. Fewer than {@link MIN_TRIALS} on a side cannot tell anything.
 * @param tolerance share of the reference's median
 */
export function compareScenario(scenario: string, before: number[], after: number[], tolerance: number): Comparison {
  const p50s = {
    reference_p50: before.length > 0 ? median(before) : null,
    p50: after.length > 0 ? median(after) : null,
  }
  if (p50s.reference_p50 === null || p50s.p50 === null)
    return { scenario, verdict: 'missing', ...p50s, change: null, p_value: null, ci95: null }
  const change = p50s.p50 / p50s.reference_p50 - 1
  const { p } = mannWhitney(after, before)
  const ci95 = ratioInterval(after, before).map(ratio => ratio - 1) as Interval
  const verdict =
    before.length < MIN_TRIALS || after.length < MIN_TRIALS
      ? 'cannot-tell'
      : p >= SIGNIFICANT
        ? 'no-difference'
        : change > tolerance && ci95[0] > 0
          ? 'slower'
          : change < -tolerance && ci95[1] < 0
            ? 'faster'
            : 'no-difference'
  return { scenario, verdict, ...p50s, change, p_value: p, ci95 }
}
