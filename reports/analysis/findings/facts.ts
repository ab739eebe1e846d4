import type { Finding, Run, Trial } from '../../run/schema.ts'
import { type Asked, run, trials } from '../../testing/recorded/builders.ts'
import { summarize } from '../summary.ts'
import type { Facts, Rule } from './rule.ts'

/** Facts for tests of rules. */

/** What a rule sees of a run. */
export function factsOf(asked: Run, measured: Trial[]): Facts {
  return { run: asked, report: summarize(asked, measured), trials: measured }
}

type Scenario = Partial<Asked> & {
  id: string
  tfft?: number[]
  phases?: Record<string, number>
  evidence?: Trial['evidence']
  checkpoint?: Trial['checkpoint']
  memory?: Trial['memory']
  unattributed?: number
}

/**
 * A run of these scenarios: each with trials whose phases are scaled to its TFFTs (five near the sum of its phases
 * where none are given).
 */
export function scene(scenarios: Scenario[], parts: Partial<Run> = {}): Facts {
  const asked = run(
    scenarios.map(({ id, strategy, settings, baseline, group }) => ({
      id,
      ...(strategy && { strategy }),
      ...(settings && { settings }),
      ...(baseline && { baseline }),
      ...(group && { group }),
    })),
    parts,
  )
  const all = scenarios.flatMap(
    ({
      id,
      strategy = 'cold',
      settings = {},
      baseline = false,
      phases = { 'criu.restore': 1 },
      evidence = {},
      checkpoint,
      memory,
      unattributed = 0,
      tfft,
      group = 'test',
    }) => {
      const sum = Object.values(phases).reduce((total, value) => total + value, 0) + unattributed
      const tffts = tfft ?? [0.98, 0.99, 1, 1.01, 1.02].map(scale => scale * sum)
      return tffts.flatMap((value, index) =>
        trials([value], {
          scenario: id,
          strategy,
          settings,
          group,
          type: baseline ? 'baseline' : strategy,
          trial: index + 1,
          sequence: index,
          evidence,
          ...(checkpoint && { checkpoint }),
          ...(memory && { memory }),
          phases: Object.fromEntries(Object.entries(phases).map(([name, seconds]) => [name, (seconds * value) / sum])),
          unattributed: (unattributed * value) / sum,
        }).map(one => ({ ...one, trial: index + 1, sequence: index })),
      )
    },
  )
  return factsOf(asked, all)
}

/** The rule's findings by scenario id (`run` for one of the whole run). */
export function found(rule: Rule, facts: Facts): Record<string, Finding> {
  return Object.fromEntries(rule(facts).map(finding => [finding.scenario ?? 'run', finding]))
}
