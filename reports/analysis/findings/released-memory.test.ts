import { describe, expect, it } from 'vitest'
import type { Settings, StrategyId } from '../../run/schema.ts'
import { found, scene } from './facts.ts'
import { releasedMemory } from './released-memory.ts'

const woken = (map: number, settings: Settings = {}, strategy: StrategyId = 'swap') =>
  found(
    releasedMemory,
    scene([{ id: 'one', strategy, settings, phases: { 'engine.wake.map': map, 'first-token': 0.02 } }]),
  )

describe('GPU memory that was just released', () => {
  it('is named where mapping took long, with all of that time', () =>
    expect(woken(0.23)).toMatchObject({
      one: { code: 'released-memory-cleared', evidence: 'engine.wake.map 0.23 s', cost: expect.closeTo(0.23, 2) },
    }))

  it('is not named where it was free, where nothing woke, or where nobody had just released any', () => {
    expect(woken(0.05)).toEqual({})
    expect(found(releasedMemory, scene([{ id: 'cold', strategy: 'swap' }]))).toEqual({})
    expect(woken(0.23, {}, 'engine-wake')).toEqual({})
    expect(woken(0.23, {}, 'podman-in-place')).toEqual({})
  })

  it('where a late KV cache was not late, says where the reason stands', () => {
    const late = (bytes: number) =>
      found(
        releasedMemory,
        scene([
          {
            id: 'one',
            strategy: 'swap',
            settings: { kvCache: 'late' },
            phases: { 'engine.wake.map': 0.2 },
            evidence: { 'kv.late_bytes': bytes },
          },
        ]),
      ).one!.remedy
    expect(late(0)).toMatch(/mapped at once/)
    expect(late(120e9)).toMatch(/^a smaller KV cache/)
  })

  it.each([
    ['a swap by sleep can have both at once', { by: 'sleep' }, 'swap', /kvCache: 'late', arrives: 'beside' }/],
    ['a swap by restore', { by: 'restore' }, 'swap', /kvCache: 'late' }/],
    ['woken at once', { idle: 0, kvCache: 'late' }, 'engine-wake', /leave out the setting `{ idle: 0 }`/],
    ['late already', { kvCache: 'late' }, 'swap', /^a smaller KV cache/],
    ['several GPUs, which cannot', { by: 'sleep', tensorParallel: 2 }, 'swap', /^a smaller KV cache/],
  ] as [string, Settings, StrategyId, RegExp][])(
    'has a remedy that is not in use yet: %s',
    (_, settings, strategy, remedy) => expect(woken(0.2, settings, strategy).one!.remedy).toMatch(remedy),
  )
})
