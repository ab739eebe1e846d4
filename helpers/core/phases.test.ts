import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fillGaps, settlePhases } from './phases.ts'

const phase = (name: string, start: number, end: number) => ({ name, start, duration: end - start })

describe('fillGaps', () => {
  test('has what lies before, between and after', () =>
    expect(fillGaps('rest', [phase('b', 4, 5), phase('a', 1, 2)], 0, 6)).toEqual([
      phase('rest', 0, 1),
      phase('rest', 2, 4),
      phase('rest', 5, 6),
    ]))
  test('is all of it where there is nothing else', () =>
    expect(fillGaps('rest', [], 1, 3)).toEqual([phase('rest', 1, 3)]))
  test('has nothing where phases touch, overlap or reach beyond', () => {
    expect(fillGaps('rest', [phase('a', 0, 2), phase('b', 2, 3)], 0, 3)).toEqual([])
    expect(fillGaps('rest', [phase('a', -1, 2), phase('b', 1, 9)], 0, 3)).toEqual([])
    expect(fillGaps('rest', [], 3, 1)).toEqual([])
  })
  test('a short phase within a long one opens no gap', () =>
    expect(fillGaps('rest', [phase('long', 0, 5), phase('short', 1, 2)], 0, 6)).toEqual([phase('rest', 5, 6)]))
  test('ends where it must, though a phase begins later', () =>
    expect(fillGaps('rest', [phase('late', 5, 6)], 0, 3)).toEqual([phase('rest', 0, 3)]))

  const phases = fc.array(
    fc.record({ name: fc.constant('a'), start: fc.nat({ max: 20 }), duration: fc.nat({ max: 20 }) }),
  )
  test('with the phases it covers every moment once, whatever they are', () =>
    fc.assert(
      fc.property(phases, phases => {
        const gaps = fillGaps('rest', phases, 0, 20)
        const within = (list: typeof gaps, at: number) =>
          list.filter(({ start, duration }) => start <= at && at < start + duration).length
        for (let at = 0.5; at < 20; at++) expect(within(gaps, at)).toBe(within(phases, at) > 0 ? 0 : 1)
      }),
    ))
})

describe('settlePhases', () => {
  test('sorts, cuts at the end, and says what nobody explains', () =>
    expect(settlePhases([phase('b', 2, 9), phase('a', 0, 1)], 4)).toEqual({
      phases: [phase('a', 0, 1), phase('b', 2, 4)],
      unattributed: 1,
    }))
  test('where two overlap the earlier one ends where the later begins', () =>
    expect(settlePhases([phase('a', 0, 3), phase('b', 2, 4)], 4).phases).toEqual([phase('a', 0, 2), phase('b', 2, 4)]))
  test('what lies outside, or lasts no time, is none', () =>
    expect(settlePhases([phase('late', 5, 6), phase('empty', 1, 1), phase('early', -2, -1)], 4)).toEqual({
      phases: [],
      unattributed: 4,
    }))
})
