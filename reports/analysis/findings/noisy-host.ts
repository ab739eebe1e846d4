import { spread } from '../../../helpers/core/statistics.ts'
import { count, percent, seconds } from '../../run/format.ts'
import type { Scenario } from '../../run/schema.ts'
import { figure, hostFigure, measured, type Rule } from './rule.ts'

const WIDE = 0.25
/** Scenarios that the evidence names. */
const NAMED = 3
/** Runnable threads a core; the suite's own trials keep a small host at about 1. */
const BUSY = 1.5

/**
 * A host that does other things while it is measured: wide spread, load before a trial, other processes on the GPU. One
 * finding for the run.
 */
export const noisyHost: Rule = facts => {
  const scenarios = measured(facts)
  const wide = scenarios
    .filter(scenario => scenario.n >= 3 && spreadOf(scenario) > WIDE)
    .toSorted((a, b) => spreadOf(b) - spreadOf(a))
  const loads = scenarios.flatMap(scenario => figure(facts, scenario.id, 'load.before') ?? [])
  const load = Math.max(0, ...loads)
  const others = hostFigure(facts, 'gpu.other_processes') ?? 0
  if (wide.length === 0 && load <= BUSY && others === 0) return []
  return [
    {
      code: 'noisy-host',
      message:
        others > 0
          ? 'other processes use the GPU while it is measured'
          : load > BUSY
            ? 'the host is busy with other things while it is measured'
            : 'trials of the same scenario lie far apart',
      evidence: [
        ...wide
          .slice(0, NAMED)
          .map(
            ({ id, tfft }) =>
              `${id} ${seconds(tfft!.min)}–${seconds(tfft!.max)} s, ` +
              `${percent((tfft!.max - tfft!.min) / tfft!.p50)} of its median`,
          ),
        ...(wide.length > NAMED ? [`${count(wide.length - NAMED, 'more scenario')} like that`] : []),
        ...(load > BUSY ? [`load ${load.toFixed(2)} per core before a trial`] : []),
        ...(others > 0 ? [`${count(others, 'other process', 'other processes')} on the GPU when the run began`] : []),
      ].join('; '),
      cost: null,
      remedy:
        others > 0
          ? 'stop what `nvidia-smi --query-compute-apps=pid,name --format=csv` shows'
          : load > BUSY
            ? 'stop what `top` shows, then run again'
            : '`ITERATIONS=15 npx vitest bench`, on a host that does nothing else',
      source: 'docs/methodology.md',
    },
  ]
}

/** Without the first trial, which has a rule of its own. */
function spreadOf({ trials }: Scenario): number {
  const tffts = trials.flatMap(trial => trial.tfft ?? [])
  return tffts.length < 4 ? spread(tffts) : spread(tffts.slice(1))
}
