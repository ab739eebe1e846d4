import { expect, test } from 'vitest'
import { summarize } from '../../analysis/summary.ts'
import { run, trials } from '../../testing/recorded/builders.ts'
import { rows } from './rows.ts'

const strategy = 'podman-in-place' as const
const { scenarios } = summarize(
  run([{ id: 'cold' }, { id: 'podman-in-place/a', strategy }, { id: 'podman-in-place/b', strategy }]),
  [
    ...trials([1]),
    ...trials([1], { scenario: 'podman-in-place/a', strategy }),
    ...trials([1], { scenario: 'podman-in-place/b', strategy }),
  ],
)
const sizes = {
  wide: { name: 'wide', width: 1000, names: 250, narrow: false } as const,
  narrow: { name: 'narrow', width: 360, names: 0, narrow: true } as const,
}

test('rows lie one below the other, with room for the name of a strategy above its own', () => {
  for (const size of Object.values(sizes)) {
    const { height, at } = rows(scenarios, size, 20, 10)
    const middles = scenarios.map(({ id }) => at(id))
    expect(middles).toEqual(middles.toSorted((a, b) => a - b))
    expect(middles[1]! - middles[0]!).toBeGreaterThan(middles[2]! - middles[1]!)
    expect(middles.at(-1)! + 10).toBeLessThanOrEqual(height)
  }
})

test('names need no room of their own beside rows, and a line above them where there is none', () => {
  const height = (size: (typeof sizes)[keyof typeof sizes]) => rows(scenarios, size, 20, 10).height
  expect(height(sizes.narrow)).toBeGreaterThan(height(sizes.wide))
})
