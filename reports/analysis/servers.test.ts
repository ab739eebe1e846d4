import { expect, test } from 'vitest'
import type { ServerRecord } from '../run/schema.ts'
import { serversOf } from './servers.ts'

const server = (tfft: number, pss: number, own: number): ServerRecord => ({ name: 'c', port: 1, tfft, pss, own })

test('first, median and last over the trials; memory of all, and of one more', () =>
  expect(
    serversOf([
      { servers: [server(1, 10, 4), server(2, 10, 6), server(4, 12, 8)] },
      { servers: [server(3, 10, 4), server(4, 10, 4), server(6, 12, 4)] },
      { servers: [server(2, 20, 5), server(3, 20, 5), server(5, 20, 5)] },
    ]),
  ).toEqual({ count: 3, first: 2, median: 3, last: 5, pss: 32, own: 5 }))

test('trials of one server each say nothing', () => {
  expect(serversOf([{}, { servers: [] }])).toBeUndefined()
  expect(serversOf([])).toBeUndefined()
})

test('against one alone: its time, and its memory', () =>
  expect(
    serversOf(
      [{ servers: [server(1, 10, 4), server(3, 10, 4)] }],
      [server(1, 8, 8), server(2, 16, 16), server(9, 16, 1)],
    ),
  ).toMatchObject({ versus_one: { slowdown: 1, further_memory: 0.25 } }))
