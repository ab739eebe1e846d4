import { expect, it } from 'vitest'
import { tokensPerSecond } from './rate.ts'

const answer = { tokens: 9, firstToken: 2, finished: 2.1 }

it('tokens after the first, by the time between it and the end', () => expect(tokensPerSecond(answer)).toBeCloseTo(80))
it('as many as the server says: a chunk may carry several', () =>
  expect(tokensPerSecond({ ...answer, completionTokens: 17 })).toBeCloseTo(160))
it('one token, or all of them in one piece, tell nothing', () => {
  expect(tokensPerSecond({ ...answer, tokens: 1 })).toBeUndefined()
  expect(tokensPerSecond({ ...answer, finished: 2 })).toBeUndefined()
})
