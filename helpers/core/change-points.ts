import { mulberry32 } from './statistics.ts'

/**
 * Steps in a series of values, by E-divisive: the split that sets its two sides furthest apart by the energy distance,
 * held against random orders of the same values, then the same on either side of it. Nothing is assumed of the noise
 * but that its order tells nothing.
 * Sources: Matteson and James, A Nonparametric Approach for Multiple Change Point Analysis of Multivariate Data, JASA
 * 109 (2014); Daly et al., The Use of Change Point Detection to Identify Software Performance Regressions in a
 * Continuous Integration System, ICPE 2020.
 */

/** A side of a step has at least these values: one run that was disturbed is no step. */
export const MIN_SIDE = 3

export interface ChangePoint {
  /** Index of the first value after the step. */
  index: number
  /** Share of random orders whose best split is at least as far apart. */
  p: number
}

/**
 * @param level how often a series without a step may be said to have one
 * @param seed of the random orders: the same series gives the same steps
 */
export function changePoints(values: readonly number[], level: number, seed = 1): ChangePoint[] {
  const random = mulberry32(seed)
  const within = (from: number, to: number): ChangePoint[] => {
    const found = significantSplit(values.slice(from, to), level, random)
    if (!found) return []
    const at = from + found.index
    return [...within(from, at), { index: at, p: found.p }, ...within(at, to)]
  }
  return within(0, values.length)
}

function significantSplit(values: number[], level: number, random: () => number): ChangePoint | undefined {
  if (values.length < leastValues(level)) return undefined
  const best = bestSplit(values)
  // twenty times as many orders as the level needs; more than allowed reach it: no need to look further
  const orders = Math.min(9999, Math.ceil(20 / level))
  const allowed = level * (orders + 1) - 1
  const shuffled = [...values]
  let reached = 0
  for (let order = 0; order < orders && reached <= allowed; order++) {
    shuffle(shuffled, random)
    if (bestSplit(shuffled).distance >= best.distance * (1 - 1e-12)) reached++
  }
  const p = (reached + 1) / (orders + 1)
  return p <= level ? { index: best.index, p } : undefined
}

/** Fewer values than these cannot show a step: even a perfect one is among so few orders. */
export function leastValues(level: number): number {
  for (let count = 2 * MIN_SIDE; ; count++) if (2 / orders(count) <= level) return count
}

/** In how many ways a number of values falls into halves. */
function orders(count: number): number {
  const half = Math.floor(count / 2)
  return Array.from({ length: half }, (_, index) => (count - index) / (half - index)).reduce((a, b) => a * b, 1)
}

/** The split with the largest energy distance, weighted by the sizes of its sides. */
function bestSplit(values: readonly number[]): { index: number; distance: number } {
  const to = (value: number, from: number, end: number) => {
    let sum = 0
    for (let index = from; index < end; index++) sum += Math.abs(value - values[index]!)
    return sum
  }
  const count = values.length
  // sums of all distances within the left side, within the right side, and between both
  let [left, right, between] = [0, 0, 0]
  for (let index = 0; index < count; index++) right += to(values[index]!, index + 1, count)
  const best = { index: 0, distance: -Infinity }
  for (let n = 1; n < count; n++) {
    const moved = values[n - 1]!
    const [toLeft, toRight] = [to(moved, 0, n - 1), to(moved, n, count)]
    left += toLeft
    right -= toRight
    between += toRight - toLeft
    const m = count - n
    if (n < MIN_SIDE || m < MIN_SIDE) continue
    const energy = (2 * between) / (n * m) - (2 * left) / (n * (n - 1)) - (2 * right) / (m * (m - 1))
    const distance = (energy * n * m) / count
    if (distance > best.distance) Object.assign(best, { index: n, distance })
  }
  return best
}

function shuffle(values: number[], random: () => number): void {
  for (let last = values.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1))
    ;[values[last], values[other]] = [values[other]!, values[last]!]
  }
}
