import fc from 'fast-check'
import { expect, test } from 'vitest'
import { changePoints, leastValues, MIN_SIDE } from './change-points.ts'
import { mulberry32 } from './statistics.ts'

const noise = (length: number, seed: number, level = 1) => {
  const random = mulberry32(seed)
  return Array.from({ length }, () => level * (1 + (random() - 0.5) / 10))
}

test('a step is found where it lies, up or down; so are two', () => {
  expect(changePoints([...noise(10, 1), ...noise(8, 2, 1.5)], 0.01)).toEqual([
    { index: 10, p: expect.closeTo(0.0005, 3) },
  ])
  expect(changePoints([...noise(10, 1, 2), ...noise(8, 2)], 0.01).map(({ index }) => index)).toEqual([10])
  const stairs = [...noise(12, 3), ...noise(12, 4, 2), ...noise(12, 5, 3)]
  expect(changePoints(stairs, 0.01).map(({ index }) => index)).toEqual([12, 24])
})

test('one disturbed run, or the same value always, is no step', () => {
  expect(changePoints([...noise(10, 1), 5, ...noise(10, 2)], 0.01)).toEqual([])
  expect(
    changePoints(
      Array.from({ length: 30 }, () => 1),
      0.05,
    ),
  ).toEqual([])
})

test('too few values show nothing, however large the step', () => {
  expect(leastValues(0.05)).toBe(8)
  expect(changePoints([1, 1.01, 1.02, 9, 9.01, 9.02], 0.05)).toEqual([])
  expect(changePoints([1, 1.01, 1.02, 1.03, 9, 9.01, 9.02, 9.03], 0.05).map(({ index }) => index)).toEqual([4])
})

test('the same series gives the same steps, at any scale, each with enough values on its sides', () =>
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0.01, max: 100, noNaN: true }), { maxLength: 24 }), values => {
      const found = changePoints(values, 0.05)
      expect(changePoints(values, 0.05)).toEqual(found)
      const ends = [0, ...found.map(({ index }) => index), values.length]
      for (const [side, end] of ends.slice(1).entries())
        if (found.length > 0) expect(end - ends[side]!).toBeGreaterThanOrEqual(MIN_SIDE)
    }),
    { numRuns: 40 },
  ))
