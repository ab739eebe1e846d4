import { median, medianOf } from '../../helpers/core/statistics.ts'
import type { Run, Scenario, ServerRecord, Trial } from '../run/schema.ts'
import { tfftOf } from '../run/tfft.ts'
import type { Asked } from './asked.ts'
import { serversOf } from './servers.ts'

/** What targets are judged by: a scenario without the intervals, which take far longer to work out. */
export type Figures = Pick<Scenario, 'n' | 'tokens_match' | 'inference_tfft' | 'servers'> & {
  tfft?: WithoutInterval<'tfft'>
  versus_baseline?: WithoutInterval<'versus_baseline'>
}
type WithoutInterval<Key extends 'tfft' | 'versus_baseline'> = Omit<NonNullable<Scenario[Key]>, 'ci95'>

/** The figures of a scenario, from its own trials and what they are compared with. */
export function figuresOf(own: Trial[], samples: Samples | undefined): Figures {
  const answered = own.filter(trial => trial.tokens_match !== null)
  const counted = own.filter(counts)
  const tfft = counted.map(tfftOf)
  const servers = serversOf(counted, samples?.one)
  return {
    n: counted.length,
    ...(answered.length > 0 && { tokens_match: answered.filter(trial => trial.tokens_match).length / answered.length }),
    ...(tfft.length > 0 && {
      tfft: { p50: median(tfft), min: Math.min(...tfft), max: Math.max(...tfft) },
      inference_tfft: medianOf(counted.flatMap(trial => trial.inference_tfft ?? [])),
    }),
    ...(servers && { servers }),
    ...(samples && {
      versus_baseline: {
        scenario: samples.id,
        p50: median(samples.baseline),
        speedup: median(samples.baseline) / median(samples.own),
      },
    }),
  }
}

/** Whether a trial counts. */
export const counts = (trial: Pick<Trial, 'outcome' | 'total_cold_start_tfft'>): boolean =>
  trial.outcome === 'ok' && trial.total_cold_start_tfft !== null

/** TFFT of a scenario and of the baseline that it is compared with, whose id this is. */
export interface Samples {
  id: string
  baseline: number[]
  own: number[]
  /** Where the baseline is one server of several: that one, in each trial. */
  one: ServerRecord[]
}

/** What is compared. */
export function samplesOf(entry: Asked, run: Run, trials: Trial[]): Samples | undefined {
  const compared = comparedTrials(entry, run, trials)
  if (!compared) return undefined
  const { id, baseline, own } = compared
  const one = baseline.flatMap(({ servers = [] }) => (servers.length === 1 ? servers : []))
  return { id, baseline: baseline.map(tfftOf), own: own.map(tfftOf), one }
}

/**
 * Trials of one group only, and of one batch of it, which alternate, so that a drift of the host falls on both.
 * Undefined for a baseline, and where either has no trial that counted.
 */
export function comparedTrials(
  entry: Asked,
  run: Run,
  trials: Trial[],
): { id: string; baseline: Trial[]; own: Trial[] } | undefined {
  if (entry.baseline) return undefined
  for (const group of entry.groups) {
    const of = (id: string | undefined) =>
      trials.filter(trial => trial.group === group && trial.scenario === id && counts(trial))
    const id = run.scenarios.find(scenario => scenario.group === group && scenario.baseline)?.id
    const own = of(entry.id)
    const baseline = of(id).filter(trial => own.some(({ batch }) => batch === trial.batch))
    if (id !== undefined && baseline.length > 0 && own.length > 0) return { id, baseline, own }
  }
  return undefined
}
