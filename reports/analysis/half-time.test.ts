import { describe, expect, it, test } from 'vitest'
import { halfTime, typicalSeconds } from '../run/estimate.ts'
import { follow } from '../run/progress.ts'
import { recordedSteps } from '../testing/recorded/builders.ts'
import { halfTimeError, halfTimeErrors } from './half-time.ts'

describe('the errors over runs', () => {
  const half = (predicted: number | null, took = 40) => ({ trials: 35, predicted, took })
  it('are shares with their sign; the median and the most are without', () =>
    expect(halfTimeErrors([half(44), undefined, half(36), half(40), half(null)])).toEqual({
      errors: [expect.closeTo(0.1), expect.closeTo(-0.1), 0],
      median: expect.closeTo(0.1),
      most: expect.closeTo(0.1),
      silent: 1,
    }))
  it('are none where no run ended, or none could predict anything', () => {
    expect(halfTimeErrors([])).toBeUndefined()
    expect(halfTimeErrors([undefined, half(null)])).toBeUndefined()
  })
  it('say nothing where nothing was left to do', () => expect(halfTimeError(half(0, 0))).toBeUndefined())
})

test('two recorded runs of the default: the second, which knows the first, is within 20 %', () => {
  const [first, second] = [recordedSteps('first'), recordedSteps('second')]
  const known = typicalSeconds(follow(first.events, first.plan).finished)
  const half = halfTime(second.events, second.plan, known)
  expect(half?.trials).toBe(35)
  expect(Math.abs(halfTimeError(half)!)).toBeLessThan(0.2)
})
