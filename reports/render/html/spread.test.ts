import { expect, it } from 'vitest'
import { summarize } from '../../analysis/summary.ts'
import { run, trials } from '../../testing/recorded/builders.ts'
import { NONE, number } from './figure.ts'
import { intervalCell, spread } from './spread.ts'

const cold = (...tffts: number[]) => summarize(run([{ id: 'cold', baseline: true }]), trials(tffts)).scenarios[0]!

it('is the interval of four trials and more, the range of two or three, and n alone of one', () => {
  expect(spread(cold(1, 2, 3, 4), 'tfft.p50')).toMatch(/^\d\.\d\d–\d\.\d\d, n = 4$/)
  expect(spread(cold(1, 2, 3), 'tfft.p50')).toBe('range 1.00–3.00, n = 3')
  expect(spread(cold(1), 'tfft.p50')).toBe('n = 1')
})
it('is n alone for what has no interval', () => {
  expect(spread(cold(1, 2, 3, 4), 'tokens_match')).toBe('n = 4')
  expect(spread(cold(1, 2, 3, 4), 'tfft.max')).toBe('n = 4')
})
it('is an empty cell of a table for fewer than four trials', () => {
  expect(intervalCell(cold(1, 1, 1))).toBe(NONE)
  expect(intervalCell(cold(1, 1, 1, 1))).toEqual(number('1.00–1.00'))
})
