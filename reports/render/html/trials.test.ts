import { expect, test } from 'vitest'
import { summarize } from '../../analysis/summary.ts'
import { failedTrial, run, trials } from '../../testing/recorded/builders.ts'
import { axisOf, dotsOf } from './trials.ts'

const scenarios = (tffts: number[]) =>
  summarize(run([{ id: 'cold' }, { id: 'place' }]), [
    ...trials([9]),
    ...trials(tffts, { scenario: 'place' }),
    failedTrial({ scenario: 'place', trial: tffts.length + 1, sequence: 9 }),
  ]).scenarios

const at = (id: string) => (id === 'cold' ? 0 : 1)

test('the axis begins at 0, and is logarithmic where the longest is more than eight times the shortest', () => {
  expect(axisOf([1, 8])).toEqual({ logarithmic: false, domain: [0, 8.32] })
  expect(axisOf([1, 8.1]).logarithmic).toBe(true)
  expect(axisOf([1, 8.1]).domain[0]).toBeLessThan(1)
  expect(axisOf([1, 8.1]).domain[1]).toBeGreaterThan(8.1)
  expect(axisOf([0, 9]).logarithmic).toBe(false)
})

test('dots lie one below the other in the middle of their row; one that failed is none', () => {
  expect(dotsOf(scenarios([3, 1, 2]), at, 0.5).map(({ tfft, y }) => [tfft, y])).toEqual([
    [9, 0],
    [3, 0.75],
    [1, 1],
    [2, 1.25],
  ])
  expect(dotsOf(scenarios([3]), at, 0.5).map(({ y, name }) => [y, name])).toEqual([
    [0, 'cold, trial 1'],
    [1, 'place, trial 1'],
  ])
})
