import type { z } from 'zod'
import { ENGINES } from '../../helpers/config/configuration.ts'
import { Problem } from '../../helpers/core/problem.ts'
import { versusColdStart } from '../run/baseline.ts'
import { count, metricSign } from '../run/format.ts'
import {
  METRICS,
  type Metric,
  type Report,
  type Run,
  type Scenario,
  type Target,
  type TargetResult,
  targetsFileSchema,
} from '../run/schema.ts'

/** Fewer trials than these show nothing: with three against three, no test can be surer than p = 0.10. */
export const MIN_TRIALS = 4

/**
 * Reads a targets file.
 * @param text content of the file
 * @param path its name, for errors
 * @param known every scenario id that the bench files name, those of other hosts and engines among them
 * @throws Problem naming each entry that is wrong, what was received and what is allowed
 */
export function parseTargets(text: string, path: string, known: readonly string[]): Target[] {
  const parsed = targetsFileSchema.safeParse(parseJson(text, path))
  if (!parsed.success)
    throw new Problem(`${path} is unusable:\n${parsed.error.issues.map(issue => `  ${describe(issue)}`).join('\n')}`)
  const wrong = parsed.data.flatMap((target, index, all) =>
    defects(target, all.slice(0, index), known).map(defect => `  target ${index + 1}: ${defect}`),
  )
  if (wrong.length > 0) {
    throw new Problem(`${path} is unusable:\n${wrong.join('\n')}\nScenarios there are: ${known.join(', ')}`)
  }
  return parsed.data
}

/** What is wrong with a target that has the right form. */
function defects(target: Target, before: Target[], known: readonly string[]): string[] {
  const { scenario, engine, metric, limit } = target
  const meets = metricSign(metric) === '<=' ? 'nothing' : 'everything'
  const same = before.findIndex(other => JSON.stringify(other, FIELDS) === JSON.stringify(target, FIELDS))
  return [
    !known.includes(scenario) && `scenario "${scenario}" does not exist${nearest(scenario, known)}`,
    engine !== undefined &&
      !ENGINES.includes(engine) &&
      `engine "${engine}" does not exist; there are ${ENGINES.join(', ')}`,
    limit <= 0 && `limit: received ${limit}, allowed is more than 0: ${meets} would meet it`,
    same >= 0 && `it is the same as target ${same + 1}`,
  ].filter(defect => defect !== false)
}

const FIELDS = Object.keys(targetsFileSchema.element.shape).sort()

/** Targets that hold for this engine, GPU and model. A target that names a GPU holds on no host without one. */
export const applicableTargets = (run: Run): Target[] =>
  run.targets.filter(target => elsewhere(target, run) === undefined)

/** The engine, GPU or model that a target is for, where it is not this run's. */
function elsewhere({ engine, gpu, model }: Target, run: Run): string | undefined {
  const includes = (whole: string | null | undefined, part: string) =>
    (whole ?? '').toLowerCase().includes(part.toLowerCase())
  if (engine !== undefined && engine !== run.engine.name) return `engine ${engine}`
  if (gpu !== undefined && !includes(run.host.fingerprint.gpu, gpu)) return `GPU ${gpu}`
  return model === undefined || includes(run.engine.model, model) ? undefined : `model ${model}`
}

/** Targets that judge nothing in this run, by what they are for: what nobody looks at must not seem to be met. */
export function idleTargets(run: Run): Report['idle_targets'] {
  const asked = ({ scenario }: Target) => run.scenarios.some(({ id }) => id === scenario)
  const idle = run.targets.flatMap(target => elsewhere(target, run) ?? (asked(target) ? [] : 'scenarios not asked for'))
  return Object.fromEntries([...Map.groupBy(idle, of => of)].map(([of, { length }]) => [of, length]))
}

/** Says how many those are; undefined where every target judged something. */
export function idleLine({ idle_targets: idle, scenarios }: Report): string | undefined {
  const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0)
  const unused = sum(Object.values(idle))
  if (unused === 0) return undefined
  const all = unused + sum(scenarios.map(({ targets }) => targets.length))
  const reasons = Object.entries(idle).map(([of, number]) => `${number} for ${of}`)
  return `${unused} of ${count(all, 'target')} applied to nothing in this run: ${reasons.join(', ')}`
}

/**
 * Judges a target. A limit that is missed is missed however few trials there are; a limit that is met by fewer than
 * {@link MIN_TRIALS} trials, or a scenario without any, is inconclusive: it neither passes nor fails.
 */
export function judge(target: Target, scenario: Scenario): TargetResult {
  const { metric, limit, kind } = target
  const actual = metricOf(scenario, metric)
  if (actual === undefined) return { metric, limit, kind, actual: null, verdict: 'inconclusive' }
  const met = metricSign(metric) === '<=' ? actual <= limit : actual >= limit
  return { metric, limit, kind, actual, verdict: !met ? 'fail' : scenario.n < MIN_TRIALS ? 'inconclusive' : 'pass' }
}

function metricOf(scenario: Scenario, metric: Metric): number | undefined {
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
  }
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Problem(`${path} is not JSON: ${(error as Error).message}`)
  }
}

function describe(issue: z.core.$ZodIssue): string {
  const [index, field] = issue.path
  const where =
    typeof index === 'number' ? `target ${index + 1}${field === undefined ? '' : `: ${String(field)}`}` : 'the file'
  if (issue.code === 'unrecognized_keys') return `${where}: unknown field ${issue.keys.join(', ')}`
  return `${where}: ${field === 'metric' ? `allowed are ${METRICS.join(', ')}` : issue.message}`
}

/** The known id with the most beginning in common, as a proposal. */
function nearest(id: string, known: readonly string[]): string {
  const common = (other: string) => [...other].findIndex((character, index) => character !== id[index])
  const score = (other: string) => (common(other) === -1 ? other.length : common(other))
  const best = known.toSorted((a, b) => score(b) - score(a) || a.length - b.length)[0]
  return best !== undefined && score(best) > 3 ? `; did you mean "${best}"?` : ''
}
