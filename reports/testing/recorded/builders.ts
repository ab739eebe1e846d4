import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ProgressEvent } from '../../run/progress.ts'
import { type Report, type Run, runSchema, type Trial, trialSchema } from '../../run/schema.ts'
import type { Step } from '../../run/steps.ts'
import { parseTrials } from '../../run/trials.ts'

/** Runs and trials for tests: a recorded run of this folder, or small ones put together here. */

/**
 * Real runs of the embedded default on two cores: `without-gpu` on a quiet host; `busy-host` beside five other runs,
 * with a tmpfs that its archives nearly fill; `without-criu-log`, whose CRIU logged to /dev/null. `made-up` has the
 * shape of a run and invented, even figures.
 */
export function recorded(name: 'without-gpu' | 'busy-host' | 'without-criu-log' | 'made-up'): {
  run: Run
  trials: Trial[]
} {
  const file = (base: string) => readFileSync(join(import.meta.dirname, name, base), 'utf8')
  return { run: runSchema.parse(JSON.parse(file('run.json'))), trials: parseTrials(file('trials.jsonl'), name).trials }
}

/**
 * The steps of two whole runs of the default without a GPU, one after the other on one host, as a run's progress file
 * has them. A line is `[began, ended, kind, group, scenario]`, in seconds from the first step.
 */
export function recordedSteps(name: 'first' | 'second'): { events: ProgressEvent[]; plan: Step[] } {
  const lines = readFileSync(join(import.meta.dirname, 'progress', `${name}.jsonl`), 'utf8')
    .trimEnd()
    .split('\n')
  const all = lines.map(line => {
    const [began, ended, kind, group, scenario] = JSON.parse(line) as [number, number, Step['kind'], string, string?]
    return { began, ended, step: { kind, group, ...(scenario !== undefined && { scenario }) } }
  })
  return {
    events: all.flatMap(({ began, ended, step }): ProgressEvent[] => [
      { event: 'begin', at: began, step, phase: 'working' },
      { event: 'end', at: ended },
    ]),
    plan: all.map(({ step }) => step),
  }
}

type TrialParts = Partial<Omit<Trial, 'phases'>> & { phases?: Record<string, number> }

/** A trial that counted; phases follow one another, and TFFT is their sum and `unattributed` unless said otherwise. */
export function trial({
  phases: durations = { 'engine.load': 0.9, 'first-token': 0.1 },
  unattributed = 0,
  ...parts
}: TrialParts = {}): Trial {
  let start = 0
  const phases = Object.entries(durations).map(([name, duration]) => ({
    name,
    start: (start += duration) - duration,
    duration,
  }))
  const tfft = start + (unattributed ?? 0)
  return trialSchema.parse({
    timestamp: '2026-11-24T04:00:00.000Z',
    type: 'cold',
    model: 'made-up',
    container_start_time: 0,
    model_load_time: 0,
    inference_tfft: 0.1,
    total_cold_start_tfft: tfft,
    full_response_time: tfft,
    scenario: 'cold',
    strategy: 'cold',
    settings: {},
    group: 'test',
    trial: 1,
    sequence: 0,
    phases,
    unattributed,
    tokens_match: true,
    outcome: 'ok',
    ...parts,
  })
}

/** Trials with these TFFTs in seconds, all of it one phase. */
export function trials(tffts: number[], parts: TrialParts = {}): Trial[] {
  return tffts.map((tfft, index) =>
    trial({ phases: { 'criu.restore': tfft }, trial: index + 1, sequence: index, ...parts }),
  )
}

/** A trial that failed before its first token. */
export function failedTrial(parts: TrialParts = {}): Trial {
  return {
    ...trial(parts),
    total_cold_start_tfft: null,
    inference_tfft: null,
    phases: [],
    unattributed: null,
    tokens_match: null,
    outcome: 'failed',
    error: parts.error ?? 'it broke',
  }
}

export type Asked = Run['scenarios'][number]

/** A run with these scenarios, all in the group `test`, one trial each unless said otherwise. */
export function run(scenarios: (Partial<Asked> & { id: string })[], parts: Partial<Run> = {}): Run {
  return runSchema.parse({
    schema: 'criu-gpu-bench/run@1',
    timestamp: '2026-11-24T04:00:00.000Z',
    engine: { name: 'llama-cpp', model: 'made-up', random_weights: true, image: 'made-up', arguments: [] },
    host: { fingerprint: { gpu: null, cpu: 'made-up' }, memory: 16e9, load: 0.1, facts: {} },
    iterations: 1,
    prober: null,
    scenarios: scenarios.map(scenario => ({
      strategy: 'cold',
      settings: {},
      group: 'test',
      baseline: false,
      ...scenario,
    })),
    targets: [],
    ...parts,
  })
}

/** The same figures from a run of the day before. */
export const earlier = (report: Report): Report => ({ ...report, timestamp: '2026-11-23T04:00:00.000Z' })
