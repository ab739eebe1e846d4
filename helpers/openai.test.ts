import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { firstAnswer } from './openai.ts'

/** A server on a free port, until the test is over. */
async function serve(answer: RequestListener): Promise<number> {
  const server = createServer(answer)
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
  return (server.address() as AddressInfo).port
}

const ask = (port: number, signal?: AbortSignal) => firstAnswer({ port, model: 'm', prompt: 'p', maxTokens: 2 }, { timeout: 0.5, ...(signal && { signal }) })
const TOKEN = 'data: {"choices":[{"text":"a"}]}\n\n'

test('a server that takes the request and says nothing is given up at the time-out, not later', { timeout: 10_000 }, async () => {
  await expect(ask(await serve(() => {}))).rejects.toThrow(/^no token from 127\.0\.0\.1:\d+ within 0\.5 s \(\d+ attempts?; the last one: the request was taken and not answered\)/)
})

test('so is one that begins to answer and stalls', { timeout: 10_000 }, async () => {
  await expect(ask(await serve((_, response) => void response.write(TOKEN)))).rejects.toThrow('the last one: the stream stopped before its end)')
})

test('a request that the time-out cut off does not hide the answers before it', { timeout: 10_000 }, async () => {
  let requests = 0
  const port = await serve((_, response) => { if (++requests < 20) response.writeHead(503).end('loading') })
  await expect(ask(port)).rejects.toThrow('the server answered 503: loading')
})

test('a caller that stops gets its own reason', { timeout: 10_000 }, async () => {
  const stop = new AbortController()
  const port = await serve(() => stop.abort(new Error('enough')))
  await expect(ask(port, stop.signal)).rejects.toThrow('enough')
})

test('an answer: its tokens, in order of time', async () => {
  const answer = await ask(await serve((_, response) => response.end(`${TOKEN}${TOKEN}data: [DONE]\n\n`)))
  expect(answer).toMatchObject({ text: 'aa', tokens: 2, attempts: 1 })
  expect(answer.sent).toBeLessThanOrEqual(answer.firstToken)
  expect(answer.firstToken).toBeLessThanOrEqual(answer.finished)
})
