import type { ChildProcess } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { Problem } from '../../core/problem.ts'
import { message } from './tries.ts'

const child = () => new EventEmitter() as ChildProcess

test('a server that says nothing is a problem with a remedy, not a bare abort', async () => {
  const error = await message(child(), 'known', 20).catch(error => error)
  expect(error).toBeInstanceOf(Problem)
  expect(error.message).toMatch(/did not send "known" within 0\.02 s[\s\S]*npm run setup again/)
})

test('nor does one that says other things hold it up for ever', async () => {
  const server = child()
  const chatter = setInterval(() => server.emit('message', { listening: 'yes' }), 1)
  try {
    await expect(message(server, 'known', 50)).rejects.toThrow(Problem)
  } finally {
    clearInterval(chatter)
  }
})

test('what it says is the value of the key', async () => {
  const server = child()
  const known = message(server, 'known')
  server.emit('message', { listening: 'yes' })
  await new Promise(setImmediate)
  server.emit('message', { known: '12' })
  expect(await known).toBe('12')
})
