import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { pause } from '../core/clock.ts'
import { firstAnswer } from './openai.ts'

async function listen(server: Server): Promise<number> {
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
  return (server.address() as AddressInfo).port
}

/** A server on a free port, until the test is over. */
async function serve(answer: RequestListener): Promise<number> {
  const server = createServer(answer)
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return listen(server)
}

/** One that sends these bytes to every request, and nothing that it was not told to. */
async function send(
  bytes: string,
  then: (socket: Socket) => void = socket => void socket.end(),
): Promise<{ port: number; requests(): number; close(): Promise<unknown> }> {
  const sockets = new Set<Socket>()
  let requests = 0
  const server = createTcpServer(
    socket =>
      sockets.add(socket) &&
      socket
        .on('error', () => {})
        .once('data', () => {
          requests++
          socket.write(bytes, () => then(socket))
        }),
  )
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return {
    port: await listen(server),
    requests: () => requests,
    close: () => new Promise(closed => server.close(closed)),
  }
}

const ask = (port: number, signal?: AbortSignal, timeout = 0.5) =>
  firstAnswer({ port, model: 'm', prompt: 'p', maxTokens: 2 }, { timeout, ...(signal && { signal }) })
const patiently = (port: number) => ask(port, undefined, 8)
const TOKEN = 'data: {"choices":[{"text":"a"}]}\n\n'
const LAST = 'data: {"choices":[{"text":"b","finish_reason":"length"}]}\n\n'
const DONE = 'data: [DONE]\n\n'
const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n'
const stays = () => {}
/** More is announced than ever comes. */
const BROKEN = 'HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n'

test('a server that takes the request and says nothing is given up at the time-out, not later', {
  timeout: 10_000,
}, async () => {
  await expect(ask(await serve(() => {}))).rejects.toThrow(
    /^no token from 127\.0\.0\.1:\d+ within 0\.5 s \(\d+ attempts?; .*: the request was accepted and not answered\)/,
  )
})

test('so is one that begins to answer and stalls', { timeout: 10_000 }, async () => {
  await expect(ask(await serve((_, response) => void response.write(TOKEN)))).rejects.toThrow(
    'the last one: the stream stopped before its end)',
  )
})

test('a request that the time-out cut off does not hide the answers before it', { timeout: 10_000 }, async () => {
  let requests = 0
  const port = await serve((_, response) => {
    if (++requests < 20) response.writeHead(503).end('loading')
  })
  await expect(ask(port)).rejects.toThrow('the server answered 503: loading')
})

test('a caller that stops gets its own reason', { timeout: 10_000 }, async () => {
  const stop = new AbortController()
  const port = await serve(() => stop.abort(new Error('enough')))
  await expect(ask(port, stop.signal)).rejects.toThrow('enough')
})

test('an answer: its tokens, in order of time', async () => {
  const answer = await ask(await serve((_, response) => response.end(TOKEN + LAST + DONE)))
  expect(answer).toMatchObject({ text: 'ab', tokens: 2, finishReason: 'length' })
  expect(answer).not.toHaveProperty('notes')
  expect(answer.sent).toBeLessThanOrEqual(answer.firstToken)
  expect(answer.firstToken).toBeLessThanOrEqual(answer.finished)
})

describe('an answer ends with [DONE]', () => {
  const endings = {
    'and the connection closes': [HEAD],
    'and the connection stays': [HEAD, stays],
    'and the connection breaks': [BROKEN],
  } as const
  const answers = {
    'a whole stream': TOKEN + LAST + DONE,
    'no blank line after it': `${TOKEN}${LAST}data: [DONE]`,
    'choices null before it': `${TOKEN}${LAST}data: {"choices":null,"usage":{"prompt_tokens":4}}\n\n${DONE}`,
  }
  const cases = Object.entries(answers).flatMap(([name, stream]) =>
    Object.entries(endings).map(([ending, [head, then]]) => ({ name, ending, bytes: head + stream, then })),
  )
  test.for(cases)('$name, $ending', async ({ bytes, then }) => {
    const { port, requests } = await send(bytes, then)
    const answer = await patiently(port)
    expect(answer).toMatchObject({ text: 'ab', finishReason: 'length' })
    expect(answer).not.toHaveProperty('notes')
    expect(requests()).toBe(1)
  })

  test('in a connection that a server with keep-alive holds open', async () => {
    const port = await serve(
      (_, response) => void response.writeHead(200, { connection: 'keep-alive' }).write(TOKEN + LAST + DONE),
    )
    expect(await patiently(port)).toMatchObject({ text: 'ab' })
  })
})

describe('a stream with a finish_reason and without [DONE]', () => {
  test.for([
    ['closes', undefined],
    ['stays open', stays],
  ] as const)('counts, and that is said: it %s', async ([, then]) => {
    expect(await patiently((await send(HEAD + TOKEN + LAST, then)).port)).toMatchObject({
      text: 'ab',
      notes: ['the stream ended without [DONE]'],
    })
  })

  const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`
  test.for([
    BROKEN + TOKEN + LAST,
    `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${chunk(TOKEN)}${chunk(LAST)}`,
  ])('does not count where its connection breaks', async bytes => {
    await expect(ask((await send(bytes)).port)).rejects.toThrow(
      'the last one: the stream stopped after finish_reason "length" and before [DONE]',
    )
  })
})

test.for([
  ['an abort', `${TOKEN}data: {"choices":[{"text":"","finish_reason":"abort"}]}\n\n${DONE}`, 'finish_reason "abort"'],
  [
    'an error beside tokens',
    `${TOKEN}data: {"choices":[{"text":"b"}],"error":{"message":"CUDA error"}}\n\n${LAST}${DONE}`,
    'the server sent an error (after 1 token): CUDA error',
  ],
  [
    'an error as data',
    `${TOKEN}data: {"error":{"message":"CUDA error"}}\n\n${DONE}`,
    'the server sent an error (after 1 token): CUDA error',
  ],
  [
    'event: error',
    `${TOKEN}event: error\ndata: {"message":"CUDA error"}\n\n${LAST}${DONE}`,
    'the server sent an error (after 1 token): CUDA error',
  ],
  [
    'an error: line',
    `${TOKEN}error: {"message":"CUDA error"}\n\n${LAST}${DONE}`,
    'the server sent an error (after 1 token): CUDA error',
  ],
] as const)('%s is refused with its reason, and no token counts', async ([, stream, says]) => {
  await expect(ask((await send(HEAD + stream, stays)).port)).rejects.toThrow(says)
})

describe('a refusal that waiting does not mend', () => {
  /** Refuses all but the question whether it is up. */
  const refusing = (status: number, said = '{"error":"no such\\n model"}') =>
    serve((request, response) => (request.url === '/health' ? response.end() : response.writeHead(status).end(said)))

  test('is told at once, with what the server says and what to do', async () => {
    const asked = ask(await refusing(404), undefined, 20)
    await expect(asked).rejects.toThrow(
      /^no token from 127\.0\.0\.1:\d+: it refuses POST \/v1\/completions, and waiting does not help \(\d+ attempts/,
    )
    await expect(asked).rejects.toThrow('the last one: the server answered 404: {"error":"no such\\n model"})')
    await expect(asked).rejects.toThrow(/\n.*MODEL_ID.*ENGINE_COMMAND/)
  })

  test('at the limit too it is said for what it is', async () => {
    await expect(ask(await refusing(405))).rejects.toThrow('it refuses POST /v1/completions')
  })

  test('also where the answer never ends', async () => {
    const { port } = await send('HTTP/1.1 404 Not Found\r\ncontent-length: 1000\r\n\r\nno such model', stays)
    await expect(ask(port, undefined, 1.5)).rejects.toThrow('the last one: the server answered 404: no such model')
  })
})

describe('a server that keeps giving the same wrong answer is not asked a thousand times a second', () => {
  test.for([
    ['404', 'HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n', 'answered 404'],
    ['500', 'HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n', 'answered 500'],
    ['garbage', `${HEAD}data: <html>\n\n${DONE}`, 'is not a completion: <html>'],
    ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n', 'is not HTTP'],
  ] as const)('%s', async ([, bytes, says]) => {
    const { port, requests } = await send(bytes)
    await expect(ask(port)).rejects.toThrow(says)
    expect(requests()).toBeLessThan(40)
  })

  test('an answer after a long wait says how well its moment is known', async () => {
    let requests = 0
    const port = await serve((_, response) =>
      ++requests < 25 ? response.writeHead(500).end() : response.end(LAST + DONE),
    )
    expect(await patiently(port)).toMatchObject({
      text: 'b',
      notes: [expect.stringMatching(/^sent 0\.\d+ s after the previous request/)],
    })
    expect(requests).toBe(25)
  })

  test('not where nobody listened in between', async () => {
    const first = await send('HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n')
    const asked = patiently(first.port)
    await expect.poll(first.requests).toBeGreaterThan(20)
    await first.close()
    await pause(0.1)
    const second = createServer((_, response) => response.end(LAST + DONE))
    onTestFinished(() => void second.close())
    await new Promise<void>(listening => second.listen(first.port, '127.0.0.1', listening))
    expect(await asked).not.toHaveProperty('notes')
  })
})
