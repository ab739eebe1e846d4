import { mannWhitney, median } from '../../../helpers/core/statistics.ts'
import { seconds } from '../../run/format.ts'
import type { Finding, Report, Run, Scenario, Settings, Trial } from '../../run/schema.ts'

/** What every rule looks at: what the run set out to do, the report as far as it is made, and the trials. */
export interface Facts {
  run: Run
  report: Report
  trials: Trial[]
}

/**
 * A pure function that names a cause where it sees one, a finding a scenario, and is silent where the
 * evidence is missing.
 */
export type Rule = (facts: Facts) => Finding[]

/** The tmpfs of a run, for a command to paste; the report does not know what CHECKPOINT_DIR was. */
export const CHECKPOINT_DIR = '"${CHECKPOINT_DIR:-/mnt/checkpoint-ram}"'

/** Scenarios with trials that counted. */
export function measured({ report }: Facts): Scenario[] {
  return report.scenarios.filter(scenario => scenario.tfft !== undefined && scenario.n > 0)
}

/** Trials of a scenario that counted. */
export function countedTrials({ trials }: Facts, id: string): Trial[] {
  return trials.filter(trial => trial.scenario === id && trial.outcome === 'ok')
}

/** TFFT p50 in seconds of a scenario from {@link measured}. */
export const p50 = (scenario: Scenario): number => scenario.tfft?.p50 ?? 0

/** Median of a number that the scenario's trials saw; undefined where none saw it. */
export function figure(facts: Facts, id: string, key: string): number | undefined {
  const seen = countedTrials(facts, id).flatMap(trial =>
    typeof trial.evidence[key] === 'number' ? trial.evidence[key] : [],
  )
  return seen.length === 0 ? undefined : median(seen)
}

/** A word that the scenario's trials saw; undefined where none did or where they differ. */
export function word(facts: Facts, id: string, key: string): string | undefined {
  const seen = new Set(
    countedTrials(facts, id).flatMap(trial => (trial.evidence[key] === undefined ? [] : String(trial.evidence[key]))),
  )
  return seen.size === 1 ? [...seen][0] : undefined
}

/** A number measured on the host, such as memory.read_bandwidth. */
export function hostFigure({ run }: Facts, key: string): number | undefined {
  const value = run.host.facts[key]
  return typeof value === 'number' ? value : undefined
}

/** Median seconds of a phase, 0 where the scenario has none of that name. */
export function phase(scenario: Scenario, name: string): number {
  return scenario.phases.find(one => one.name === name)?.p50 ?? 0
}

/** Median seconds of all that podman does with an archive; 0 where there is none. */
export const archiveTime = ({ phases }: Scenario): number =>
  phases.reduce((sum, { name, p50: each }) => (name.startsWith('archive.') ? sum + each : sum), 0)

/** The measured scenario of the same strategy whose settings differ in `keys` at most and that passes the test. */
export function sibling(
  facts: Facts,
  scenario: Scenario,
  keys: string[],
  test: (candidate: Scenario) => boolean,
): Scenario | undefined {
  return measured(facts).find(
    other =>
      other.id !== scenario.id &&
      other.strategy === scenario.strategy &&
      sameBut(other.settings, scenario.settings, keys) &&
      test(other),
  )
}

function sameBut(a: Settings, b: Settings, keys: string[]): boolean {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].every(key => keys.includes(key) || a[key] === b[key])
}

/** Seconds by which a start is slower than another, where that is beyond chance; otherwise undefined. */
export function slowerBy(scenario: Scenario, other: Scenario): number | undefined {
  const [own, others] = [scenario, other].map(one => one.trials.flatMap(trial => trial.tfft ?? [])) as [
    number[],
    number[],
  ]
  const difference = p50(scenario) - p50(other)
  return difference > 0 && own.length > 0 && others.length > 0 && mannWhitney(own, others).p < 0.05
    ? difference
    : undefined
}

/** `name 0.95 s, other 1.4 s` of the phases that there are. */
export function phaseList(scenario: Scenario, names: string[]): string {
  return names
    .filter(name => phase(scenario, name) > 0)
    .map(name => `${name} ${seconds(phase(scenario, name))} s`)
    .join(', ')
}

/** Share of TFFT from which on a small constant cost is worth a word. */
export const NOTICEABLE = 0.02

/** Strategies that bring back a checkpoint. */
export const RESTORES: readonly string[] = ['podman-import', 'podman-image', 'podman-in-place', 'runtime-direct']
