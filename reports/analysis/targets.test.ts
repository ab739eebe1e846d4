import { describe, expect, it, test } from 'vitest'
import { scenarioSchema } from '../run/schema.ts'
import { run } from '../testing/recorded/builders.ts'
import { applicableTargets, idleTargets, intervalOf, judge } from './targets.ts'

const scenarioWith = (more: object) =>
  scenarioSchema.parse({
    ...{ id: 'a', strategy: 'podman-in-place', settings: {}, outcome: 'measured', n: 5, failed: 0 },
    ...more,
  })

describe('judge', () => {
  const than = (baseline: string, speedup: number) =>
    scenarioWith({ versus_baseline: { scenario: baseline, p50: 1, speedup, ci95: [speedup, speedup] } })
  const target = { scenario: 'a', metric: 'speedup.p50', limit: 12, kind: 'must' } as const
  it('a speedup over a cold start', () => {
    expect(judge(target, than('cold', 11))).toMatchObject({ actual: 11, verdict: 'fail' })
    for (const baseline of ['cold.eager-true', 'cold/eager'])
      expect(judge(target, than(baseline, 13))).toMatchObject({ actual: 13, verdict: 'pass' })
  })
  it('one over anything else is none: it neither passes nor fails', () =>
    expect(judge(target, than('runtime-direct', 1.1))).toMatchObject({ actual: null, verdict: 'inconclusive' }))
})

test('the interval of what is judged, where one is known: a speedup over anything but a cold start has none', () => {
  const scenario = (baseline: string) =>
    scenarioWith({
      tfft: { p50: 2, min: 1, max: 3, ci95: [1.5, 2.5] },
      versus_baseline: { scenario: baseline, p50: 1, speedup: 2, ci95: [1, 3] },
    })
  expect(intervalOf(scenario('cold/eager'), 'tfft.p50')).toEqual([1.5, 2.5])
  expect(intervalOf(scenario('cold/eager'), 'speedup.p50')).toEqual([1, 3])
  expect(intervalOf(scenario('clones/one'), 'speedup.p50')).toBeUndefined()
  expect(intervalOf(scenario('cold'), 'tfft.max')).toBeUndefined()
})

describe('targets of other runs', () => {
  const target = { scenario: 'a', metric: 'tfft.p50', limit: 1, kind: 'must' } as const
  const here = run([{ id: 'a' }])
  const judged = (more: object) => idleTargets({ ...here, targets: [{ ...target, ...more }] })
  it('are told by what they are for, the first reason alone', () => {
    expect(judged({})).toEqual({})
    expect(judged({ engine: 'another', gpu: 'H200' })).toEqual({ 'engine another': 1 })
    expect(judged({ gpu: 'H200' })).toEqual({ 'GPU H200': 1 })
    expect(judged({ scenario: 'nobody/asked' })).toEqual({ 'scenarios not asked for': 1 })
  })
  it('apply to models up to a size, as names of models round it; an unknown size is too large', () => {
    const applies = (model_parameters?: number) =>
      applicableTargets({
        ...here,
        engine: { ...here.engine, model_parameters },
        targets: [{ ...target, max_parameters: 3e9 }],
      } as typeof here).length
    expect([3.2e9, 3.4e9, undefined].map(applies)).toEqual([1, 0, 0])
  })
})
