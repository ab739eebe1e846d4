import type { Report } from '../run/schema.ts'

/** What a run must show on any host, whatever its seconds are: the direction of an effect, not its size. */
export interface Effects {
  /** Ids of scenarios whose whole interval of the speedup must lie above 1. */
  faster?: string[]
  /** Ids of scenarios whose whole interval of the speedup must lie below 1. */
  slower?: string[]
  /**
   * The least share of its baseline's first-token phase that a scenario's may take, as medians. A server that answers
   * much faster than a cold one remembered the question.
   */
  firstToken?: number
}

/** The effects that a report does not show, a sentence each. */
export function missingEffects(report: Report, { faster = [], slower = [], firstToken }: Effects): string[] {
  const interval = (id: string, holds: (low: number, high: number) => boolean, must: string): string[] => {
    const versus = report.scenarios.find(scenario => scenario.id === id)?.versus_baseline
    if (!versus) return [`${id} is compared with nothing in this run, but must be ${must}`]
    const [low, high] = versus.ci95
    return holds(low, high) ? [] : [`${id} must be ${must}, but its speedup is ${range(low, high)} (95 %)`]
  }
  return [
    ...faster.flatMap(id => interval(id, low => low > 1, 'faster than its baseline')),
    ...slower.flatMap(id => interval(id, (_, high) => high < 1, 'slower than its baseline')),
    ...(firstToken === undefined ? [] : shortFirstTokens(report, firstToken)),
  ]
}

const range = (low: number, high: number) => `${low.toFixed(2)}x to ${high.toFixed(2)}x`

function shortFirstTokens({ scenarios }: Report, share: number): string[] {
  const phase = (id: string) =>
    scenarios.find(scenario => scenario.id === id)?.phases?.find(({ name }) => name === 'first-token')?.p50
  return scenarios.flatMap(({ id, versus_baseline: versus }) => {
    if (!versus) return []
    const [own, baseline] = [phase(id), phase(versus.scenario)]
    if (own === undefined || baseline === undefined) return [`${id}: no first-token phase to compare`]
    return own >= share * baseline
      ? []
      : [
          `${id}: its first token takes ${own.toFixed(3)} s, less than ${share} of the ${baseline.toFixed(3)} s of ` +
            `${versus.scenario}: did the server remember the question?`,
        ]
  })
}
