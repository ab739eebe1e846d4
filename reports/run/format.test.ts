import { expect, it } from 'vitest'
import { duration } from './format.ts'

it('duration', () => {
  expect([0, 59.6, 200, 4000].map(duration)).toEqual(['0 s', '1 min', '3 min 20 s', '1 h 7 min'])
})
