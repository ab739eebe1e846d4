import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  mannWhitney,
  median,
  medianIndex,
  medianInterval,
  medianOf,
  mulberry32,
  normal,
  percentile,
  ratioInterval,
  spread,
} from './statistics.ts'

const value = fc.double({ min: 0.001, max: 1000, noNaN: true })
const sample = fc.array(value, { minLength: 1, maxLength: 12 })

describe('median', () => {
  it('is the middle, or the mean of the two in the middle', () => {
    expect(median([3, 1, 2])).toBe(2)
    expect(median([4, 1, 3, 2])).toBe(2.5)
  })
  it('sorts by number, not by text', () => expect(median([10, 9, 100])).toBe(10))
  it('refuses no values', () => expect(() => median([])).toThrow('no values'))
  it('does not depend on the order', () =>
    fc.assert(
      fc.property(sample, values => {
        expect(median(values)).toBe(median(values.toReversed()))
      }),
    ))
})

it('medianOf is the median, and nothing of nothing', () => {
  expect([medianOf([3, 1, 2]), medianOf([])]).toEqual([2, undefined])
})

describe('percentile', () => {
  it('is a value that was measured, by its rank', () => {
    const values = [50, 15, 40, 20, 35]
    expect([0, 0.05, 0.3, 0.4, 0.5, 1].map(share => percentile(values, share))).toEqual([15, 15, 20, 20, 35, 50])
  })
  it('has so large a share of all at or below it, and no smaller value has', () =>
    fc.assert(
      fc.property(sample, fc.double({ min: 0.01, max: 1, noNaN: true }), (values, share) => {
        const found = percentile(values, share)
        const upTo = (limit: number) => values.filter(value => value <= limit).length
        expect(upTo(found)).toBeGreaterThanOrEqual(share * values.length)
        for (const lower of values.filter(value => value < found))
          expect(upTo(lower)).toBeLessThan(share * values.length)
      }),
    ))
  it('refuses no values', () => expect(() => percentile([], 0.5)).toThrow('no values'))
})

it('draws: the same seed gives the same numbers; normal ones have mean 0 and deviation 1', () => {
  const draws = (seed: number) => Array.from({ length: 4 }, mulberry32(seed))
  expect(draws(7)).toEqual(draws(7))
  expect(draws(7)).not.toEqual(draws(8))
  const random = mulberry32(1)
  const values = Array.from({ length: 20_000 }, () => normal(random))
  const mean = values.reduce((sum, one) => sum + one, 0) / values.length
  expect(mean).toBeCloseTo(0, 1)
  expect(values.reduce((sum, one) => sum + (one - mean) ** 2, 0) / values.length).toBeCloseTo(1, 1)
})

it('medianIndex names the trial to show', () => {
  expect(medianIndex([5, 1, 3])).toBe(2)
  expect(medianIndex([4, 1, 3, 2])).toBe(3)
})

it('spread is a share of the median', () => expect(spread([1, 2, 4])).toBe(1.5))

describe('bootstrap', () => {
  it('gives the same interval for the same values', () => {
    expect(medianInterval([1, 2, 3, 4, 5])).toEqual(medianInterval([1, 2, 3, 4, 5]))
  })
  it('holds the median, and nothing outside the values', () =>
    fc.assert(
      fc.property(sample, values => {
        const [low, high] = medianInterval(values, { resamples: 500 })
        expect(low).toBeLessThanOrEqual(median(values))
        expect(high).toBeGreaterThanOrEqual(median(values))
        expect(low).toBeGreaterThanOrEqual(Math.min(...values))
        expect(high).toBeLessThanOrEqual(Math.max(...values))
      }),
      { numRuns: 50 },
    ))
  it('of a ratio grows with the numerator alone', () => {
    const [low, high] = ratioInterval([10, 11, 12], [1, 1.1, 1.2])
    expect(low).toBeGreaterThan(8)
    expect(high).toBeLessThanOrEqual(12)
    expect(ratioInterval([2, 2], [1, 1])).toEqual([2, 2])
  })
  it(
    'comes close to the exact distribution: of five values the bootstrap median is below the second in ' +
      '5.8 % of draws',
    () => {
      // P(Binomial(5, 1/5) >= 3) = 0.058: the 2.5 % point is therefore the smallest value, the 10 % point the second.
      expect(medianInterval([1, 2, 3, 4, 5])).toEqual([1, 5])
      expect(medianInterval([1, 2, 3, 4, 5], { level: 0.8 })).toEqual([2, 4])
    },
  )
})

describe('mannWhitney', () => {
  it('knows the smallest p there is for a few values', () => {
    expect(mannWhitney([1, 2, 3], [4, 5, 6]).p).toBeCloseTo(0.1, 10)
    expect(mannWhitney([1, 2, 3, 4], [5, 6, 7, 8]).p).toBeCloseTo(2 / 70, 10)
    expect(mannWhitney([1, 2, 3, 4, 5], [6, 7, 8, 9, 10]).p).toBeCloseTo(2 / 252, 10)
  })
  it('counts the pairs', () => {
    expect(mannWhitney([1, 2, 3], [4, 5, 6]).u).toBe(0)
    expect(mannWhitney([4, 5, 6], [1, 2, 3]).u).toBe(9)
    expect(mannWhitney([1, 2], [1, 2]).u).toBe(2)
  })
  it('is the share of all splits that lie as far out, ties and all', () =>
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 5 }),
        fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 5 }),
        (a, b) => {
          expect(mannWhitney(a, b).p).toBeCloseTo(byEnumeration(a, b), 10)
        },
      ),
    ))
  it('does not mind which sample is named first', () =>
    fc.assert(
      fc.property(sample, sample, (a, b) => {
        expect(mannWhitney(a, b).p).toBeCloseTo(mannWhitney(b, a).p, 10)
      }),
    ))
  it('sees nothing where all values are equal', () => expect(mannWhitney([1, 1, 1, 1], [1, 1, 1, 1]).p).toBe(1))
  it('goes over into the normal approximation without a jump', () => {
    const wave = (length: number, shift: number) =>
      Array.from({ length }, (_, index) => Math.sin(index * 12.9898) * 3 + shift)
    const exact = mannWhitney(wave(60, 0), wave(60, 0.8)).p
    const normal = mannWhitney(wave(61, 0), wave(61, 0.8)).p
    expect(Math.abs(exact - normal)).toBeLessThan(0.02)
  })
  it('refuses an empty sample', () => expect(() => mannWhitney([], [1])).toThrow('no values'))
})

/** The definition itself: every split of the pooled values, U by counting pairs. */
function byEnumeration(a: number[], b: number[]): number {
  const pooled = [...a, ...b]
  const u = (mask: number) => {
    const [left, right] = [pooled.filter((_, i) => mask & (1 << i)), pooled.filter((_, i) => !(mask & (1 << i)))]
    return left
      .flatMap(x => right.map((y): number => (x > y ? 1 : x === y ? 0.5 : 0)))
      .reduce((sum, pair) => sum + pair, 0)
  }
  const middle = (a.length * b.length) / 2
  const observed = Math.abs(u((1 << a.length) - 1) - middle)
  const splits = Array.from({ length: 1 << pooled.length }, (_, mask) => mask).filter(
    mask => pooled.filter((_, i) => mask & (1 << i)).length === a.length,
  )
  return splits.filter(mask => Math.abs(u(mask) - middle) >= observed - 1e-9).length / splits.length
}
