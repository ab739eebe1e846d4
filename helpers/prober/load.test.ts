import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import type { LoadOptions } from '../core/load-options.ts'
import { closedLoop } from './load.ts'

const OPTIONS: LoadOptions = {
  concurrency: 3,
  seconds: 1,
  prompt: 5,
  output: 2,
  answers: 0,
  tolerance: 5,
}

async function against(listener: RequestListener, signal = new AbortController().signal, timeout = 10) {
  const server = createServer(listener)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return closedLoop({ port, model: 'm', prompt: 'never sent', maxTokens: 1 }, OPTIONS, { timeout, signal })
}

const event = (data: object) => `data: ${JSON.stringify(data)}\n\n`
const WHOLE =
  event({ choices: [{ text: 'a' }] }) +
  event({ choices: [{ text: 'b', finish_reason: 'length' }] }) +
  event({ choices: [], usage: { prompt_tokens: 5, completion_tokens: 2 } })

it('has as many requests under way as there are streams, never more, each with a prompt of its own', async () => {
  let underWay = 0
  let most = 0
  const prompts: string[] = []
  const record = await against(async (request, response) => {
    most = Math.max(most, ++underWay)
    let text = ''
    for await (const chunk of request) text += chunk
    const { prompt, max_tokens, stream } = JSON.parse(text)
    expect([max_tokens, stream]).toEqual([2, true])
    prompts.push(prompt)
    setTimeout(() => {
      underWay--
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`${WHOLE}data: [DONE]\n\n`)
    }, 20)
  })
  expect(record.error).toBeUndefined()
  expect(most).toBe(3)
  expect(record.streams.length).toBeGreaterThan(3)
  expect(new Set(prompts).size).toBe(record.streams.length)
  for (const { reads, promptTokens, completionTokens } of record.streams)
    expect([reads.reduce((sum, { tokens }) => sum + tokens, 0), promptTokens, completionTokens]).toEqual([2, 5, 2])
})

it.each<[string, RequestListener, RegExp]>([
  ['refuses', (_, response) => void response.writeHead(400).end('too long'), /answered 400: too long/],
  ['breaks off', (_, response) => void response.writeHead(200).end(event({ choices: [{ text: 'a' }] })), /stopped/],
  ['hangs up', request => request.socket.destroy(), /./],
])('a server that %s ends the load, and what came is kept', async (_, listener, why) => {
  const { error, streams } = await against(listener)
  expect(error).toMatch(why)
  expect(streams.length).toBeGreaterThan(0)
})

it('a server that never answers is given up', async () => {
  expect((await against(() => {}, undefined, 0.2)).error).toBe('an answer did not end within 0.2 s')
})

it('an abort is no result', async () => {
  const stop = new AbortController()
  const ended = against(() => stop.abort(new Error('Ctrl-C')), stop.signal)
  await expect(ended).rejects.toThrow('Ctrl-C')
})
