import fc from 'fast-check'
import { expect, test } from 'vitest'
import { logTicks } from './figure.ts'

test('as many marks as there is room for', () => {
  expect(logTicks([1, 10], 9)).toEqual([1, 2, 3, 5, 10])
  expect(logTicks([0.8, 2.5])).toEqual([1, 1.2, 1.5, 2, 2.5])
  expect(logTicks([1, 100], 7)).toEqual([1, 2, 5, 10, 20, 50, 100])
  expect(logTicks([1, 1e6], 6)).toEqual([1, 10, 100, 1000, 10_000, 100_000, 1_000_000])
})

test('marks lie on the axis and rise', () =>
  fc.assert(
    fc.property(
      fc.double({ min: 0.001, max: 1000, noNaN: true }),
      fc.double({ min: 1, max: 1e4, noNaN: true }),
      (low, times) => {
        const ticks = logTicks([low, low * times])
        expect(ticks).toEqual(ticks.toSorted((a, b) => a - b))
        for (const tick of ticks) expect(tick >= low && tick <= low * times).toBe(true)
      },
    ),
  ))
