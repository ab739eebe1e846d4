import { describe, expect, it } from 'vitest'
import { exitMap, outcomeOf } from './exit-map.ts'

describe('EXIT_CODES', () => {
  it('leaves codes as they are where it is not set', () =>
    expect([0, 3, 143].map(exitMap(undefined))).toEqual([0, 3, 143]))
  it.for([
    ['pass=0,fail=1,skip=77', [0, 1, 77, 77, 1, 1]],
    ['skip=4 pass=10 fail=255', [10, 255, 4, 4, 255, 255]],
  ] as const)('%s', ([text, codes]) => expect([0, 1, 2, 3, 4, 143].map(exitMap(text))).toEqual(codes))
  it.for(['pass=0', 'pass=0,fail=0,skip=1', 'pass=0,fail=1,skip=0', 'pass=0,fail=256,skip=1', 'pass=0,fail=1,skip=x'])(
    '%s is refused',
    text => expect(() => exitMap(text)).toThrow(`EXIT_CODES: received "${text}"`),
  )
  it('what could not be judged is no pass', () => expect([2, 3].map(outcomeOf)).toEqual(['skip', 'skip']))
})
