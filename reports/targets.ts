import { z } from 'zod'
import { Problem } from '../helpers/problem.ts'
import { versusColdStart } from './baseline.ts'
import { metricSign } from './format.ts'
import { METRICS, type Metric, type Run, type Scenario, type Target, type TargetResult, targetsFileSchema } from './schema.ts'

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
  if (!parsed.success) throw new Problem(`${path} is unusable:\n${parsed.error.issues.map(issue => `  ${describe(issue)}`).join('\n')}`)
  const unknown = parsed.data.flatMap((target, index) => known.includes(target.scenario) ? []
    : [`  target ${index + 1}: scenario "${target.scenario}" does not exist${nearest(target.scenario, known)}`])
  if (unknown.length > 0) throw new Problem(`${path} is unusable:\n${unknown.join('\n')}\nScenarios there are: ${known.join(', ')}`)
  return parsed.data
}

/** Targets that hold for this engine, GPU and model. A target that names a GPU holds on no host without one. */
export function applicableTargets(run: Run): Target[] {
  const includes = (whole: string | null | undefined, part: string | undefined) => part === undefined || (whole ?? '').toLowerCase().includes(part.toLowerCase())
  return run.targets.filter(target => (target.engine === undefined || target.engine === run.engine.name)
    && includes(run.host.fingerprint.gpu, target.gpu) && includes(run.engine.model, target.model))
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
    case 'tfft.p50': return scenario.tfft?.p50
    case 'tfft.max': return scenario.tfft?.max
    case 'speedup.p50': return versusColdStart(scenario)?.speedup
    case 'inference_tfft.p50': return scenario.inference_tfft
    case 'tokens_match': return scenario.tokens_match
  }
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Problem(`${path} is no JSON: ${(error as Error).message}`)
  }
}

function describe(issue: z.core.$ZodIssue): string {
  const [index, field] = issue.path
  const where = typeof index === 'number' ? `target ${index + 1}${field === undefined ? '' : `: ${String(field)}`}` : 'the file'
  if (issue.code === 'unrecognized_keys') return `${where}: no target has ${issue.keys.join(', ')}`
  return `${where}: ${field === 'metric' ? `allowed are ${METRICS.join(', ')}` : issue.message}`
}

/** The known id with the most beginning in common, as a proposal. */
function nearest(id: string, known: readonly string[]): string {
  const common = (other: string) => [...other].findIndex((character, index) => character !== id[index])
  const score = (other: string) => common(other) === -1 ? other.length : common(other)
  const best = known.toSorted((a, b) => score(b) - score(a) || a.length - b.length)[0]
  return best !== undefined && score(best) > 3 ? `; did you mean "${best}"?` : ''
}
