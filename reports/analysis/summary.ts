import { median, medianIndex, medianInterval, medianOf, ratioInterval } from '../../helpers/core/statistics.ts'
import { count, day } from '../run/format.ts'
import type { Phase, Report, Run, Scenario, Target, TargetResult, Trial } from '../run/schema.ts'
import { tfftOf } from '../run/tfft.ts'
import { type Asked, asked } from './asked.ts'
import { counts, type Figures, figuresOf, samplesOf } from './figures.ts'
import { findings } from './findings/index.ts'
import { loadFails, loadOf } from './load.ts'
import { applicableTargets, idleTargets, isJudged, judge } from './targets.ts'

/**
 * Makes the report of a run from what it set out to do and what it measured. Pure: the same run and trials give the
 * same report; the gate against a reference comes on top (see compare.ts).
 *
 * A scenario is `failed` when none of its trials counted, or when one came back with other tokens; otherwise it is
 * `measured`, and trials that failed stay visible in `failed`. The run fails where a scenario failed, where any single
 * trial failed, where a `must` target was missed, where a server did not come through its load or is slower under it,
 * or where trials are missing because it was interrupted: then no target is judged. A run without any trial that
 * counted is `nothing-measured`, one that no target judged is `measured`.
 * @param notes things to say about how the trials were read
 */
export function summarize(run: Run, trials: Trial[], notes: string[] = []): Report {
  const cut = cutOff(run, trials)
  // what was not measured to its end is not judged
  const targets = cut ? [] : applicableTargets(run)
  const scenarios = asked(run, trials).map(entry => summarizeScenario(entry, run, trials, targets))
  const unrated: Report = {
    schema: 'criu-gpu-bench/report@1',
    timestamp: run.timestamp,
    host: run.host,
    engine: run.engine,
    iterations: run.iterations,
    ...(run.load && { load: run.load }),
    prober: run.prober,
    scenarios,
    ...answerOf(run, trials),
    findings: [],
    idle_targets: cut ? {} : idleTargets(run),
    ...(cut && { interrupted: cut }),
    ...(run.half_time && { half_time: run.half_time }),
    notes: [...notes, ...resumptions(run), ...clockSet(trials), ...inBatches(trials)],
    verdict: verdictOf(run, scenarios, cut !== undefined),
  }
  return { ...unrated, findings: findings(run, unrated, trials) }
}

const resumptions = ({ resumed = [] }: Run): string[] =>
  resumed.map(
    ({ timestamp, trials }) =>
      `the run was interrupted after ${count(trials, 'trial')}; the others were measured from ${day(timestamp)} on`,
  )

/** TFFT runs on a monotonic clock and is right; only what logs tell is lost. */
function clockSet(trials: Trial[]): string[] {
  const during = trials.filter(trial => trial.evidence['clock.step'] !== undefined)
  return during.map(
    ({ scenario, trial, evidence }) =>
      `the wall clock was set by ${Number(evidence['clock.step']).toFixed(2)} s during trial ${trial} of ` +
      `${scenario}: its TFFT is right, its phases are not known`,
  )
}

/** Where a group was measured in several batches, its baseline has more trials, and each scenario its own of them. */
function inBatches(trials: Trial[]): string[] {
  return [...new Set(trials.map(({ group }) => group))].flatMap(group => {
    const batches = Math.max(...trials.map(trial => (trial.group === group ? (trial.batch ?? 1) : 1)))
    return batches < 2
      ? []
      : `the scenarios of ${group} had no room on this host together: they were measured in ${batches} ` +
          'batches, and each is compared with the baseline of its own'
  })
}

/**
 * What the baseline said, of a swap's two models the run's own. Each server is held against a fresh one of its own
 * command, which may say it in other words.
 */
function answerOf({ engine }: Run, trials: Trial[]): Pick<Report, 'answer'> {
  const said = trials.flatMap(trial => (trial.answer ? [{ ...trial, answer: trial.answer }] : []))
  const right = said.filter(trial => trial.answer.match)
  const own = right.filter(({ model }) => model === engine.model)
  const candidates = own.length > 0 ? own : right
  const shown = candidates.find(({ type }) => type === 'baseline') ?? candidates[0]
  if (!shown) return {}
  const back = said.filter(trial => trial.strategy !== 'cold')
  return {
    answer: {
      prompt: shown.answer.prompt,
      text: shown.answer.text,
      same: back.filter(trial => trial.answer.match).length,
      of: back.length,
    },
  }
}

/**
 * How one scenario met its targets, as its report will say it.
 * @param trials of its groups, the baselines' among them
 */
export function judgeScenario(id: string, run: Run, trials: Trial[]): TargetResult[] {
  const own = trials.filter(trial => trial.scenario === id)
  const entry = asked(run, trials).find(found => found.id === id)
  return entry ? judgeAll(id, applicableTargets(run), figuresOf(own, samplesOf(entry, run, trials))) : []
}

const judgeAll = (id: string, targets: Target[], figures: Figures): TargetResult[] =>
  targets.filter(({ scenario }) => scenario === id).map(target => judge(target, figures))

function summarizeScenario(entry: Asked, run: Run, trials: Trial[], targets: Target[]): Scenario {
  const own = trials.filter(trial => trial.scenario === entry.id)
  const counted = own.filter(counts)
  const failed = own.filter(trial => !counts(trial))
  const samples = samplesOf(entry, run, trials)
  const figures = figuresOf(own, samples)
  const { n, tfft, versus_baseline: versus, ...rest } = figures
  const load = loadOf(entry, run, trials)
  return {
    id: entry.id,
    strategy: entry.strategy,
    settings: entry.settings,
    baseline: entry.baseline,
    ...outcomeOf(entry, counted, failed),
    n,
    failed: failed.length,
    phases: [],
    targets: judgeAll(entry.id, targets, figures),
    unchecked: [...new Set(counted.flatMap(trial => trial.unchecked))],
    trials: own.toSorted(inOrder(entry.groups)).map(shown),
    ...(tfft && { tfft: { ...tfft, ci95: medianInterval(counted.map(tfftOf)) }, ...measured(counted) }),
    ...rest,
    ...(load && { load }),
    ...(versus && { versus_baseline: { ...versus, ci95: ratioInterval(samples!.baseline, samples!.own) } }),
  }
}

const shown = (trial: Trial): Scenario['trials'][number] => ({
  trial: trial.trial,
  sequence: trial.sequence,
  tfft: counts(trial) ? trial.total_cold_start_tfft : null,
  ...(trial.error !== undefined && { error: trial.error }),
})

const inOrder = (groups: string[]) => (a: Trial, b: Trial) =>
  groups.indexOf(a.group) - groups.indexOf(b.group) || a.sequence - b.sequence

function outcomeOf(entry: Asked, counted: Trial[], failed: Trial[]): Pick<Scenario, 'outcome' | 'reason'> {
  const wrong = failed.find(trial => trial.tokens_match === false)
  if (wrong) return { outcome: 'failed', reason: wrong.error ?? 'the tokens differ from those before the checkpoint' }
  if (counted.length > 0)
    return failed.length === 0 ? { outcome: 'measured' } : { outcome: 'measured', reason: failed[0]!.error }
  if (failed.length > 0) return { outcome: 'failed', reason: failed[0]!.error ?? 'no trial reached a first token' }
  if (entry.failed !== undefined) return { outcome: 'failed', reason: entry.failed }
  if (entry.skipped !== undefined) return { outcome: 'skipped', reason: entry.skipped }
  return { outcome: 'failed', reason: 'the run was interrupted before it' }
}

function measured(counted: Trial[]): Partial<Scenario> {
  const tfft = counted.map(tfftOf)
  const middle = counted[medianIndex(tfft)]!
  // a damaged file may hold a mark before the start
  const health = medianOf(counted.flatMap(({ marks }) => marks.health ?? []).filter(mark => mark >= 0))
  const rate = medianOf(counted.flatMap(trial => trial.tokens_per_second ?? []))
  const warmUp = counted.findLast(trial => trial.warm_up)?.warm_up
  const checkpoint = checkpointOf(counted)
  const ready = medianReady(counted)
  const memory = medianRecord(counted.flatMap(trial => (trial.memory ? [trial.memory] : [])))
  return {
    phases: medianPhases(counted),
    unattributed: median(counted.map(trial => trial.unattributed ?? 0)),
    ...(health !== undefined && { health }),
    ...(rate !== undefined && { tokens_per_second: rate }),
    ...(checkpoint && { checkpoint }),
    ...(warmUp && { warm_up: warmUp }),
    ...(ready && { ready }),
    ...(memory && { memory }),
    median_trial: {
      trial: middle.trial,
      tfft: tfftOf(middle),
      phases: middle.phases,
      unattributed: middle.unattributed ?? 0,
    },
  }
}

/** The checkpoint, with the GPU memory that went into it where the driver's state was moved. */
function checkpointOf(counted: Trial[]): Scenario['checkpoint'] {
  const trial = counted.findLast(trial => trial.checkpoint)
  const gpu = trial?.evidence['cuda.bytes']
  return trial?.checkpoint && { ...trial.checkpoint, ...(typeof gpu === 'number' && { gpu_bytes: gpu }) }
}

function medianReady(counted: Trial[]): Scenario['ready'] {
  const all = counted.flatMap(trial => (trial.ready ? [trial.ready] : []))
  const names = [...new Set(all.flatMap(ready => Object.keys(ready)))]
  if (names.length === 0) return undefined
  return Object.fromEntries(names.map(name => [name, medianOf(all.flatMap(ready => ready[name] ?? [])) ?? null]))
}

/**
 * Median of each phase, in the order of their median begin. A phase that occurs twice in a trial counts with its sum,
 * one that is missing with 0.
 */
function medianPhases(trials: Trial[]): Scenario['phases'] {
  const names = [...new Set(trials.flatMap(trial => trial.phases.map(phase => phase.name)))]
  const begin = (name: string) =>
    median(trials.flatMap(trial => trial.phases.find(phase => phase.name === name)?.start ?? []))
  return names
    .map(name => ({ name, begin: begin(name), p50: median(trials.map(trial => durationOf(trial.phases, name))) }))
    .sort((a, b) => a.begin - b.begin)
    .map(({ name, p50 }) => ({ name, p50 }))
}

/** Seconds of all phases of that name. */
export function durationOf(phases: Phase[], name: string): number {
  return phases.reduce((sum, phase) => (phase.name === name ? sum + phase.duration : sum), 0)
}

function medianRecord(records: Record<string, number>[]): Record<string, number> | undefined {
  const keys = [...new Set(records.flatMap(record => Object.keys(record)))]
  return keys.length === 0
    ? undefined
    : Object.fromEntries(keys.map(key => [key, median(records.flatMap(record => record[key] ?? []))]))
}

/** Where trials are missing that nothing explains: what was not measured must not look like what was met. */
function cutOff(run: Run, trials: Trial[]): Report['interrupted'] {
  const asked = run.scenarios.filter(({ skipped, failed }) => skipped === undefined && failed === undefined)
  // a baseline has more than was asked for where a group was measured in batches
  const there = asked.map(({ id, group }) => trials.filter(one => one.scenario === id && one.group === group).length)
  const missing = there.reduce((sum, count) => sum + Math.max(0, run.iterations - count), 0)
  const measured = there.reduce((sum, count) => sum + count, 0)
  return missing === 0 ? undefined : { trials: measured, of: measured + missing }
}

function verdictOf(run: Run, scenarios: Scenario[], cut: boolean): Report['verdict'] {
  if (scenarios.every(scenario => scenario.n === 0)) return 'nothing-measured'
  // a baseline that nothing could be compared with is no measurement of what was asked for
  const forItself = new Set(run.scenarios.flatMap(({ id, asked }) => (asked ? [id] : [])))
  const wanted = scenarios.filter(({ id, baseline }) => !baseline || forItself.has(id))
  if (!cut && wanted.length > 0 && wanted.every(scenario => scenario.outcome === 'skipped')) return 'nothing-measured'
  const missed = scenarios.some(scenario =>
    scenario.targets.some(target => target.kind === 'must' && target.verdict === 'fail'),
  )
  if (missed || cut || scenarios.some(one => one.outcome === 'failed' || one.failed > 0 || loadFails(one)))
    return 'fail'
  return scenarios.some(scenario => scenario.targets.some(isJudged)) ? 'pass' : 'measured'
}
