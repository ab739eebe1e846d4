import { expect, it, test } from 'vitest'
import type { Scenario } from '../../run/schema.ts'
import { phaseList, slowerBy } from './rule.ts'

const started = (p50: number, ...tffts: (number | undefined)[]) =>
  ({ tfft: { p50 }, trials: tffts.map(tfft => ({ tfft })) }) as Scenario

const fast = started(1, 0.9, 0.95, 1, 1.05, 1.1)
const slow = started(3, 2.9, 2.95, 3, 3.05, 3.1)

test('slower by the difference of the medians, and only that way round', () => {
  expect(slowerBy(slow, fast)).toBe(2)
  expect(slowerBy(fast, slow)).toBeUndefined()
  expect(slowerBy(fast, fast)).toBeUndefined()
})

it.each([
  ['too few trials', started(3, 3, 3), started(1, 1, 1)],
  ['trials that overlap', started(1.1, 0.8, 1.1, 1.4, 1.2, 0.9), fast],
  ['trials without a TFFT', started(3, undefined, undefined), fast],
])('%s tell nothing', (_, scenario, other) => {
  expect(slowerBy(scenario, other)).toBeUndefined()
})

it('names the phases that took time, in the order asked for', () => {
  const phases = [
    { name: 'criu.restore', p50: 0.25 },
    { name: 'podman', p50: 0.1 },
    { name: 'cuda.restore', p50: 0 },
  ]
  const scenario = { phases } as unknown as Scenario
  expect(phaseList(scenario, ['podman', 'cuda.restore', 'criu.restore', 'none'])).toBe(
    'podman 0.10 s, criu.restore 0.25 s',
  )
  expect(phaseList(scenario, ['cuda.restore'])).toBe('')
})
