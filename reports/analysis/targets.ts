import { versusColdStart } from '../run/baseline.ts'
import { billions, count, metricSign } from '../run/format.ts'
import type { Metric, Report, Run, Scenario, Target, TargetResult } from '../run/schema.ts'
import type { Figures } from './figures.ts'

/** Fewer trials than these show nothing: with three against three, no test can be surer than p = 0.10. */
export const MIN_TRIALS = 4

/** What stands in {@link Report.idle_targets} for targets of this host, engine and model. */
const NOT_ASKED_FOR = 'scenarios not asked for'
/** Names of models round: what is called 3B has up to 3.2e9 parameters (Llama-3.2-3B). */
const ROUNDED = 1.1

/** Targets that hold for this engine, GPU and model. A target that names a GPU holds on no host without one. */
export const applicableTargets = (run: Run): Target[] =>
  run.targets.filter(target => elsewhere(target, run) === undefined)

/** The engine, GPU or model that a target is for, where it is not this run's. */
function elsewhere({ engine, gpu, model, max_parameters: most }: Target, run: Run): string | undefined {
  const includes = (whole: string | null | undefined, part: string) =>
    (whole ?? '').toLowerCase().includes(part.toLowerCase())
  if (engine !== undefined && engine !== run.engine.name) return `engine ${engine}`
  if (gpu !== undefined && !includes(run.host.fingerprint.gpu, gpu)) return `GPU ${gpu}`
  if (model !== undefined && !includes(run.engine.model, model)) return `model ${model}`
  if (most === undefined || (run.engine.model_parameters ?? Infinity) <= most * ROUNDED) return undefined
  return `models of up to ${billions(most)} parameters`
}

/** Targets that judge nothing in this run, by what they are for: what nobody looks at must not seem to be met. */
export function idleTargets(run: Run): Report['idle_targets'] {
  const asked = ({ scenario }: Target) => run.scenarios.some(({ id }) => id === scenario)
  const idle = run.targets.flatMap(target => elsewhere(target, run) ?? (asked(target) ? [] : NOT_ASKED_FOR))
  return Object.fromEntries([...Map.groupBy(idle, of => of)].map(([of, { length }]) => [of, length]))
}

/** Says how many those are; undefined where every target judged something. */
export function idleLine({ idle_targets: idle, scenarios }: Report): string | undefined {
  const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0)
  const unused = sum(Object.values(idle))
  if (unused === 0) return undefined
  const all = unused + sum(scenarios.map(({ targets }) => targets.length))
  const reasons = Object.entries(idle).map(([of, number]) => `${number} for ${of}`)
  return `${unused} of ${count(all, 'target')} did not apply to this run: ${reasons.join(', ')}`
}

/** Why no target judged anything; undefined where one did. */
export function unjudged({ idle_targets: idle, scenarios }: Report): string | undefined {
  const targets = scenarios.flatMap(scenario => scenario.targets)
  if (targets.some(isJudged)) return undefined
  const all = count(targets.length, 'target')
  if (targets.length > 0) return `none of ${all} could be judged: not measured, or fewer than ${MIN_TRIALS} trials`
  return NOT_ASKED_FOR in idle
    ? 'no target applies to these scenarios'
    : 'no target applies to this host, engine and model'
}

export const isJudged = ({ verdict }: TargetResult): boolean => verdict !== 'inconclusive'

/**
 * Judges a target. A limit that is missed is missed however few trials there are; a limit that is met by fewer than
 * {@link MIN_TRIALS} trials, or a scenario without any, is inconclusive: it neither passes nor fails.
 */
export function judge(target: Target, scenario: Figures): TargetResult {
  const { metric, limit, kind } = target
  const actual = metricOf(scenario, metric)
  if (actual === undefined) return { metric, limit, kind, actual: null, verdict: 'inconclusive' }
  const met = metricSign(metric) === '<=' ? actual <= limit : actual >= limit
  return { metric, limit, kind, actual, verdict: !met ? 'fail' : scenario.n < MIN_TRIALS ? 'inconclusive' : 'pass' }
}

function metricOf(scenario: Figures, metric: Metric): number | undefined {
  switch (metric) {
    case 'tfft.p50':
      return scenario.tfft?.p50
    case 'tfft.max':
      return scenario.tfft?.max
    case 'speedup.p50':
      return versusColdStart(scenario)?.speedup
    case 'inference_tfft.p50':
      return scenario.inference_tfft
    case 'tokens_match':
      return scenario.tokens_match
    case 'servers.slowdown':
      return scenario.servers?.versus_one?.slowdown
    case 'servers.further_memory':
      return scenario.servers?.versus_one?.further_memory
  }
}

/**
 * The 95 % interval of what a target judges, in the target's unit; undefined where none is worked out, and of fewer
 * than {@link MIN_TRIALS} trials, whose interval would be no more than their range.
 */
export function intervalOf(scenario: Scenario, metric: Metric): readonly [number, number] | undefined {
  if (scenario.n < MIN_TRIALS) return undefined
  if (metric === 'tfft.p50') return scenario.tfft?.ci95
  return metric === 'speedup.p50' ? versusColdStart(scenario)?.ci95 : undefined
}
