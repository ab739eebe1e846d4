import { z } from 'zod'
import type { Run } from './schema.ts'

/**
 * What a run does, one thing after another: a group is opened, its scenarios are prepared, their trials run in turn,
 * and all of it is taken away.
 */
export const stepSchema = z.object({
  kind: z.enum(['open', 'prepare', 'trial', 'close']),
  group: z.string(),
  /** Of a preparation and of a trial. */
  scenario: z.string().optional(),
})
export type Step = z.infer<typeof stepSchema>

/** Steps of one name are taken to last equally long: the trials of a scenario do in every group. */
export const stepName = ({ kind, group, scenario = '' }: Step): string =>
  kind === 'trial' ? `trial ${scenario}` : `${kind} ${group} ${scenario}`.trimEnd()

/** The step of a name, as far as the name has it: a trial's has no group. */
export function namedStep(name: string): Step {
  const [, kind = '', rest = ''] = /^(\w+) (.*)$/.exec(name) ?? []
  if (kind === 'trial') return { kind, group: '', scenario: rest }
  const [group = '', ...scenario] = rest.split(' ')
  return { kind: kind as Step['kind'], group, ...(scenario.length > 0 && { scenario: scenario.join(' ') }) }
}

/** Trials that a run has, by group and scenario. */
export interface Measured {
  group: string
  scenario: string
  /** In a group that is measured in batches. */
  batch?: number | undefined
}

/** How many trials of a scenario a run still lacks. */
export function lackOf({ group, scenario }: Measured, iterations: number, measured: Measured[]): number {
  const there = measured.filter(trial => trial.group === group && trial.scenario === scenario).length
  return Math.max(0, iterations - there)
}

/**
 * All steps of a run, as far as they are known before. A group that lacks nothing has none. Each batch measures its
 * baseline; one that was measured in batches goes on in a further one.
 * @param measured trials that are there already, of a run that is continued
 * @param batches how many are planned for what a group lacks; 1 for groups that are not named
 */
export function stepsOf(
  { scenarios, iterations }: Pick<Run, 'scenarios' | 'iterations'>,
  measured: Measured[],
  batches: Record<string, number> = {},
): Step[] {
  const running = scenarios.filter(({ skipped }) => skipped === undefined)
  const lackOfOne = ({ id, group }: (typeof running)[number]) => lackOf({ group, scenario: id }, iterations, measured)
  const planned = (group: string) => batches[group] ?? 1
  const inBatches = (group: string) =>
    planned(group) > 1 || measured.some(trial => trial.group === group && trial.batch !== undefined)
  const goesOn = (group: string) => running.some(one => one.group === group && !one.baseline && lackOfOne(one) > 0)
  const lacking = running.flatMap(scenario => {
    const { id, group, baseline } = scenario
    const isAnew = baseline && inBatches(group) && goesOn(group)
    const missing = isAnew ? planned(group) * iterations : lackOfOne(scenario)
    return missing > 0 ? [{ group, scenario: id, missing }] : []
  })
  return [...Map.groupBy(lacking, ({ group }) => group)].flatMap(([group, own]): Step[] => [
    { kind: 'open', group },
    ...own.map(({ scenario }): Step => ({ kind: 'prepare', group, scenario })),
    ...own.flatMap(({ scenario, missing }) =>
      Array.from({ length: missing }, (): Step => ({ kind: 'trial', group, scenario })),
    ),
    { kind: 'close', group },
  ])
}
