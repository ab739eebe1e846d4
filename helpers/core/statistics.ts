/**
 * Statistics of a handful of measured values. Everything here is pure, and the same input gives the same output:
 * the bootstrap draws from a stream with a fixed seed.
 */

/** Two bounds of a confidence interval, the lower one first. */
export type Interval = [number, number]

interface Bootstrap {
  level?: number
  resamples?: number
  seed?: number
}

/** The middle value, or the mean of the two in the middle. @throws RangeError for no values */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('median of no values')
  return medianOfSorted(Float64Array.from(values).sort())
}

/** Middle value, or undefined where there are none. */
export function medianOf(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : median(values)
}

/**
 * The value that so large a share (0 to 1) of all is not above: nearest rank.
 * @throws RangeError for no values
 */
export function percentile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new RangeError('percentile of no values')
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!
}

/** Index of the value nearest to the median, the smaller one of two that are equally near. */
export function medianIndex(values: readonly number[]): number {
  const middle = median(values)
  let best = 0
  for (const [index, value] of values.entries()) {
    const nearer = Math.abs(value - middle) - Math.abs(values[best]! - middle)
    if (nearer < 0 || (nearer === 0 && value < values[best]!)) best = index
  }
  return best
}

/** (max - min) / median: how far the values lie apart, as a share of the median; 0 for a median of 0. */
export function spread(values: readonly number[]): number {
  const middle = median(values)
  return middle === 0 ? 0 : (Math.max(...values) - Math.min(...values)) / middle
}

/**
 * Percentile bootstrap interval of the median. One value gives an interval of no width: it says nothing, and the caller
 * must look at how many values there are.
 * Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 13.
 */
export function medianInterval(values: readonly number[], options: Bootstrap = {}): Interval {
  return percentiles(
    resample([values], ([sample]) => sample!, options),
    options.level,
  )
}

/**
 * Percentile bootstrap interval of median(numerator) / median(denominator); the two samples are drawn independently.
 */
export function ratioInterval(
  numerator: readonly number[],
  denominator: readonly number[],
  options: Bootstrap = {},
): Interval {
  return percentiles(
    resample([numerator, denominator], ([above, below]) => above! / below!, options),
    options.level,
  )
}

function resample(
  samples: (readonly number[])[],
  combine: (medians: number[]) => number,
  { resamples = 10_000, seed = 1 }: Bootstrap,
): Float64Array {
  if (samples.some(sample => sample.length === 0)) throw new RangeError('bootstrap of no values')
  const random = mulberry32(seed)
  const drawn = samples.map(sample => new Float64Array(sample.length))
  return Float64Array.from({ length: resamples }, () =>
    combine(
      samples.map((sample, which) => {
        const into = drawn[which]!
        for (let index = 0; index < into.length; index++) into[index] = sample[Math.floor(random() * sample.length)]!
        return medianOfSorted(into.sort())
      }),
    ),
  ).sort()
}

function percentiles(sorted: Float64Array, level = 0.95): Interval {
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.max(0, Math.round(share * (sorted.length - 1))))]!
  return [at((1 - level) / 2), at((1 + level) / 2)]
}

/**
 * Above this many values in both samples together the exact count costs more than it tells, and the normal
 * approximation stands in.
 */
const EXACT_UP_TO = 120

/**
 * Mann–Whitney U test, two-sided. Exact: the share of all ways to split the pooled values into two samples of these
 * sizes whose rank sum lies at least as far from its mean. Ties get the mean of their ranks, and the count is over the
 * ranks as they are, so that p is exact with ties as well.
 * @returns `u`, the pairs in which the value of `a` is the greater one (a tie counts one half), and p
 * @throws RangeError for an empty sample
 */
export function mannWhitney(a: readonly number[], b: readonly number[]): { u: number; p: number } {
  if (a.length === 0 || b.length === 0) throw new RangeError('Mann–Whitney of no values')
  const ranks = doubledRanks([...a, ...b])
  const sum = ranks.slice(0, a.length).reduce((total, rank) => total + rank, 0)
  const u = (sum - a.length * (a.length + 1)) / 2
  return { u, p: ranks.length <= EXACT_UP_TO ? exactP(ranks, a.length, sum) : normalP(ranks, a.length, sum) }
}

/** Twice the rank of each value, so that the mean rank of ties is a whole number. */
function doubledRanks(values: number[]): number[] {
  const order = values.map((_, index) => index).sort((left, right) => values[left]! - values[right]!)
  const ranks = new Array<number>(values.length)
  for (let from = 0; from < order.length; ) {
    let to = from
    while (to + 1 < order.length && values[order[to + 1]!] === values[order[from]!]) to++
    for (let index = from; index <= to; index++) ranks[order[index]!] = from + to + 2
    from = to + 1
  }
  return ranks
}

/** Counts the subsets of `size` ranks by their sum, one rank after the other. */
function exactP(ranks: number[], size: number, observed: number): number {
  const largest = ranks
    .toSorted((x, y) => y - x)
    .slice(0, size)
    .reduce((total, rank) => total + rank, 0)
  const ways = Array.from({ length: size + 1 }, () => new Float64Array(largest + 1))
  ways[0]![0] = 1
  for (const [seen, rank] of ranks.entries()) {
    for (let taken = Math.min(size, seen + 1); taken >= 1; taken--) {
      const into = ways[taken]!
      const from = ways[taken - 1]!
      for (let sum = largest; sum >= rank; sum--) into[sum]! += from[sum - rank]!
    }
  }
  const mean = size * (ranks.length + 1)
  let all = 0
  let asFar = 0
  for (const [sum, count] of ways[size]!.entries()) {
    all += count
    if (Math.abs(sum - mean) >= Math.abs(observed - mean)) asFar += count
  }
  return Math.min(1, asFar / all)
}

function normalP(ranks: number[], size: number, observed: number): number {
  const total = ranks.length
  const mean = size * (total + 1)
  const squares = ranks.reduce((sum, rank) => sum + (rank - (total + 1)) ** 2, 0)
  const deviation = Math.sqrt((size * (total - size) * squares) / (total * (total - 1)))
  if (deviation === 0) return 1
  return Math.min(1, 2 * upperTail(Math.max(0, Math.abs(observed - mean) - 1) / deviation))
}

/** Upper tail of the standard normal distribution; error below 1.5e-7. Source: Abramowitz and Stegun, 7.1.26. */
function upperTail(z: number): number {
  const x = z / Math.SQRT2
  const t = 1 / (1 + 0.3275911 * x)
  const poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
  return 0.5 * poly * Math.exp(-x * x)
}

function medianOfSorted(sorted: Float64Array): number {
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** A small stream of even random numbers in [0, 1). Source: Tommy Ettinger's mulberry32, public domain. */
export function mulberry32(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/**
 * A normal deviate: mean 0, standard deviation 1.
 * Source: Box and Muller, A Note on the Generation of Random Normal Deviates, 1958.
 * @param random even numbers in [0, 1), as {@link mulberry32} gives them
 */
export const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
