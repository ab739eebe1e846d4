import { expect, it } from 'vitest'
import { FAULTS } from '../../fixtures/testing/soak/faults.ts'
import { parseOptions } from './soak.ts'

it('has defaults, and takes what it is told', () => {
  expect(parseOptions([])).toEqual({ trials: 300, seed: 1, iterations: 4, faults: FAULTS })
  expect(parseOptions(['--trials', '12', '--seed', '7', '--faults', 'SIGTERM,none'])).toMatchObject({
    trials: 12,
    seed: 7,
    faults: [{ id: 'none' }, { id: 'SIGTERM' }],
  })
})

it.for([
  [['--trials', '0'], '--trials: received "0", allowed is a whole number from 1 on'],
  [['--seed', 'x'], '--seed: received "x"'],
  [['--faults', 'none,flood'], '--faults: there is no flood'],
  [['--minutes', '3'], "Unknown option '--minutes'"],
  [['12'], 'Unexpected argument'],
] as const)('%j is refused with what is allowed', ([args, says]) => {
  expect(() => parseOptions([...args])).toThrow(says)
  expect(() => parseOptions([...args])).toThrow('Usage: npm run soak')
})
