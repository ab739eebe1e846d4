import { expect, it } from 'vitest'
import { loadFigures, type Streamed } from './load-figures.ts'

const one = (sent: number, reads: [number, number][], more: Partial<Streamed> = {}): Streamed => ({
  sent,
  reads: reads.map(([at, tokens]) => ({ at, tokens })),
  ...more,
})

it('counts tokens by the second, also of a stream that ran into the next', () => {
  const streams = [
    one(100, [
      [100.5, 1],
      [100.9, 1],
      [101.1, 1],
    ]),
    one(100.2, [[101.5, 2]]),
  ]
  expect(loadFigures({ began: 100, seconds: 3, streams }).tokens).toEqual([2, 3, 0])
})

it('what came after the last second counts for nothing; its first token does', () => {
  const { tokens, ttft, inter_token, requests } = loadFigures({
    began: 0,
    seconds: 1,
    streams: [
      one(0, [
        [0.25, 1],
        [0.5, 1],
        [1.5, 1],
      ]),
      one(0.5, [[2, 1]]),
    ],
  })
  expect([tokens, requests]).toEqual([[2], 2])
  expect(inter_token).toEqual({ p50: 0.25, p99: 0.25 })
  expect(ttft).toEqual({ p50: 0.25, p99: 1.5 })
})

it('a read that brings several tokens shares the time among them', () => {
  const { inter_token } = loadFigures({
    began: 0,
    seconds: 2,
    streams: [
      one(0, [
        [0.5, 1],
        [1, 4],
      ]),
    ],
  })
  expect(inter_token).toEqual({ p50: 0.125, p99: 0.125 })
})

it('counts tokens as the server does, where a piece of text stands for several', () => {
  const stream = one(
    0,
    [
      [0.25, 1],
      [0.75, 1],
    ],
    { completionTokens: 8, promptTokens: 10 },
  )
  expect(loadFigures({ began: 0, seconds: 1, streams: [stream, one(0, [], { promptTokens: 20 })] })).toMatchObject({
    tokens: [8],
    prompt_tokens: 15,
    inter_token: { p50: 0.125 },
  })
})

it('a load without a token has no percentiles', () =>
  expect(loadFigures({ began: 0, seconds: 2, streams: [one(0, [])] })).toEqual({ tokens: [0, 0], requests: 1 }))
