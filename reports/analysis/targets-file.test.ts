import { describe, expect, it } from 'vitest'
import { scenarioSchema } from '../run/schema.ts'
import { judge, parseTargets } from './targets.ts'

const known = ['cold', 'podman-in-place.storage-tmpfs', 'podman-import.compress-zstd']
const parse = (targets: unknown) => () =>
  parseTargets(typeof targets === 'string' ? targets : JSON.stringify(targets), 'targets.json', known)
const good = { metric: 'speedup.p50', scenario: 'podman-in-place.storage-tmpfs', limit: 1.5 }

describe('parseTargets', () => {
  it('reads targets; they are musts unless said otherwise', () =>
    expect(parse([good])()).toEqual([{ ...good, kind: 'must' }]))
  it('refuses a scenario that does not exist and proposes the nearest', () => {
    expect(parse([{ ...good, scenario: 'podman-in-place.storage-ramdisk' }])).toThrow(
      'scenario "podman-in-place.storage-ramdisk" does not exist; did you mean "podman-in-place.storage-tmpfs"?',
    )
  })
  it('refuses a metric that does not exist', () =>
    expect(parse([{ ...good, metric: 'tfft.p99' }])).toThrow(
      /targets\.json is unusable:\n {2}target 1: metric: allowed are tfft\.p50/,
    ))
  it('refuses a key it does not know, so that a slip of the pen lifts no limit', () =>
    expect(parse([{ ...good, gpus: 'H100' }])).toThrow('target 1: no target has gpus'))
  it('refuses an engine that does not exist, and names each', () => {
    expect(
      parse([
        { ...good, engine: 'llama-cpp' },
        { ...good, engine: 'vllm' },
        { ...good, engine: 'openai' },
      ]),
    ).not.toThrow()
    expect(parse([good, { ...good, engine: 'llama.cpp' }, { ...good, engine: '' }])).toThrow(
      /target 2: engine "llama\.cpp" does not exist; there are llama-cpp, vllm, openai\n {2}target 3: engine ""/,
    )
  })
  it('refuses a limit that everything or nothing meets, or that is no number', () => {
    expect(parse([{ ...good, limit: 0 }])).toThrow(
      'target 1: limit: received 0, allowed is more than 0: everything meets this one',
    )
    expect(parse([{ ...good, metric: 'tfft.p50', limit: -1 }])).toThrow('nothing meets this one')
    expect(parse('[{"metric":"tfft.p50","scenario":"cold","limit":1e999}]')).toThrow('target 1: limit')
  })
  it('refuses a target that stands twice; a must and a goal are two', () => {
    expect(parse([good, { ...good, limit: 2 }, { kind: 'must', ...good }])).toThrow('target 3: it is target 1 again')
    expect(parse([good, { ...good, kind: 'goal' }])).not.toThrow()
  })
  it('refuses what is no list or no JSON', () => {
    expect(parse({})).toThrow('targets.json is unusable')
    expect(parse('[')).toThrow('targets.json is no JSON')
  })
})

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
    expect(judge(target, than('cold.eager-true', 13))).toMatchObject({ actual: 13, verdict: 'pass' })
  })
  it('one over anything else is none: it neither passes nor fails', () =>
    expect(judge(target, than('runtime-direct', 1.1))).toMatchObject({ actual: null, verdict: 'inconclusive' }))
})
