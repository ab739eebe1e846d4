import { describe, expect, it } from 'vitest'
import { scenarioSchema } from '../run/schema.ts'
import { judge } from './targets.ts'

describe('judge', () => {
  const than = (baseline: string, speedup: number) =>
    scenarioSchema.parse({
      id: 'a',
      strategy: 'podman-in-place',
      settings: {},
      outcome: 'measured',
      n: 5,
      failed: 0,
      versus_baseline: { scenario: baseline, p50: 1, speedup, ci95: [speedup, speedup] },
    })
  const target = { scenario: 'a', metric: 'speedup.p50', limit: 12, kind: 'must' } as const
  it('a speedup over a cold start', () => {
    expect(judge(target, than('cold', 11))).toMatchObject({ actual: 11, verdict: 'fail' })
    for (const baseline of ['cold.eager-true', 'cold/eager'])
      expect(judge(target, than(baseline, 13))).toMatchObject({ actual: 13, verdict: 'pass' })
  })
  it('one over anything else is none: it neither passes nor fails', () =>
    expect(judge(target, than('runtime-direct', 1.1))).toMatchObject({ actual: null, verdict: 'inconclusive' }))
})
