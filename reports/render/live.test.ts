import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it, test } from 'vitest'
import type { Finished } from '../run/progress.ts'
import { finishedLine, type Look, liveRegion, opening, skippedLine } from './live.ts'
import { paint } from './text.ts'

const look = (columns = 79, colour = false): Look => ({ columns, ink: paint(colour) })
const long = 'podman-in-place.checkpoint-at-asleep-2.storage-tmpfs-huge.thp-always.weights-tmpfs.pages-mapped'
const of = (kind: 'trial' | 'prepare', scenario: string, result: Partial<Finished> = {}): Finished => ({
  step: { kind, group: 'g', scenario },
  seconds: 42.4,
  ...result,
})
const place = { number: 7, of: 40, name: 18 }

describe('a finished step', () => {
  it('says which trial of how many, its scenario and its result', () => {
    expect(finishedLine(of('trial', 'podman-import/zstd', { tfft: 0.66 }), place, look())).toBe(
      ' 7/40  podman-import/zstd  0.66 s',
    )
    expect(finishedLine(of('trial', 'cold', { tfft: 12.34 }), place, look())).toBe(' 7/40  cold                12.3 s')
  })
  it('says why a trial failed, and that a scenario is prepared, or why it is not', () => {
    expect(finishedLine(of('trial', 'cold', { failed: 'no answer\nits log' }), place, look())).toMatch(
      /^ 7\/40 {2}cold +failed: no answer$/,
    )
    expect(finishedLine(of('prepare', 'cold'), place, look())).toMatch(/^ {7}cold +prepared in 42 s$/)
    expect(finishedLine(of('prepare', 'cold', { failed: 'no room' }), place, look())).toContain(
      'could not be prepared: no room',
    )
    expect(finishedLine(of('prepare', 'cold', { skipped: 'no memory' }), place, look())).toContain('skipped: no memory')
  })
  it('says nothing of a group', () =>
    expect(finishedLine({ step: { kind: 'close', group: 'g' }, seconds: 1 }, place, look())).toBeUndefined())
})

describe('the live region', () => {
  const progress = {
    current: { step: { kind: 'trial' as const, group: 'g', scenario: long }, phase: 'starting', began: 100 },
    finished: [of('trial', 'cold', { tfft: 1 }), of('prepare', 'cold')],
  }
  it('says what runs, for how long, how many trials have ended and what is left', () => {
    const [running, bar] = liveRegion(progress, { of: 4, left: 130, now: 102.34 }, look())
    expect(running).toMatch(/^podman-in\S*…\S*pages-mapped · starting · 2\.3 s$/)
    expect(bar).toBe(`${'█'.repeat(10)}${'░'.repeat(30)}  1/4 · 2 min 10 s left`)
  })
  it('promises nothing where nothing tells, and names no scenario between two steps', () =>
    expect(liveRegion({ finished: [] }, { of: 4, left: undefined, now: 0 }, look())).toEqual([
      `${'░'.repeat(40)}  0/4`,
    ]))
  it('is never wider than the terminal', () => {
    for (const columns of [5, 20, 40, 60, 79])
      for (const line of [
        ...liveRegion(progress, { of: 4000, left: 4000, now: 102 }, look(columns, true)),
        finishedLine(of('trial', long, { failed: 'a long story '.repeat(20) }), place, look(columns, true))!,
        finishedLine(of('trial', long, { tfft: 1 }), { ...place, name: long.length }, look(columns, true))!,
        skippedLine({ id: long, skipped: 'no GPU' }, look(columns, true)),
      ])
        expect(stripVTControlCharacters(line).length).toBeLessThanOrEqual(columns)
  })
})

test('the opening says how much there is, and how long it takes where that is known', () => {
  expect(opening(11, 55, 130)).toBe('55 trials of 11 scenarios, about 2 min 10 s')
  expect(opening(1, 1, undefined)).toBe('1 trial of 1 scenario')
})
