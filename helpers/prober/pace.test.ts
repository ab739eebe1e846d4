import { expect, it } from 'vitest'
import { COARSE, nextInterval } from './pace.ts'

/** The design's limit for the moment of the first token, in seconds. */
const LIMIT = 0.005

/** The intervals after these attempts. */
function intervals(...endings: Parameters<typeof nextInterval>[1][]): number[] {
  let interval = 0
  return endings.map(ending => (interval = nextInterval(interval, ending)))
}
const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value)

it.for([
  undefined,
  { definite: false },
  { definite: true, status: 502 },
  { definite: true, status: 503 },
  { definite: true, status: 504 },
])('a server that is not there yet is asked as often as the design demands, however long: %o', ending => {
  for (const interval of intervals(...times(1000, ending))) expect(interval).toBeLessThanOrEqual(LIMIT)
})

it.for([{ definite: true, status: 404 }, { definite: true, status: 500 }, { definite: true }])(
  'one that answers wrongly is asked less and less: %o',
  ending => {
    const all = intervals(...times(100, ending))
    expect(all[0]).toBeLessThanOrEqual(LIMIT)
    expect(all).toEqual(all.toSorted((a, b) => a - b))
    expect(all.at(-1)).toBeGreaterThan(COARSE)
    expect(all.at(-1)).toBeLessThanOrEqual(0.1)
  },
)

it('anything else takes it back', () => {
  const wrong = times(100, { definite: true, status: 404 })
  for (const ending of [undefined, { definite: true, status: 503 }]) {
    const all = intervals(...wrong, ending, { definite: true, status: 404 })
    expect(all.at(-2)).toBeLessThanOrEqual(LIMIT)
    expect(all.at(-1)).toBeLessThanOrEqual(LIMIT)
  }
})
