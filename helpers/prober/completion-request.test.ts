import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer as createTcpServer } from 'node:net'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { firstAnswer } from './openai.ts'

const ANSWER = 'data: {"choices":[{"text":"a","finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
const ask = (port: number) => firstAnswer({ port, model: 'm', prompt: 'p', maxTokens: 1 }, { timeout: 20 })
const TEN_MINUTES = 600_000

// before anything else asks: undici keeps the timers that it had
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

/** A program that prints the port it listens on; ended with the test. */
async function started(
  command: string,
  ...args: string[]
): Promise<{ port: number; kill(signal: NodeJS.Signals): void }> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  for await (const line of createInterface(child.stdout))
    return { port: Number(line), kill: signal => void child.kill(signal) }
  throw new Error(`${command} printed no port`)
}

/** Lies a request on a connection to that port that nobody has read? Source: proc_pid_net(5). */
function taken(port: number): boolean {
  const local = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map(line => line.trim().split(/\s+/))
    .some(([, address, , state, queues]) => address === local && state === '01' && !queues!.endsWith(':00000000'))
}

const turn = () => new Promise(setImmediate)
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn()
}

test('a first token that takes longer than a minute is waited for, not asked anew', async () => {
  const responses: ServerResponse[] = []
  const server = createServer((_, response) => void responses.push(response))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
  const asked = ask((server.address() as AddressInfo).port)
  await until(() => responses.length > 0)
  await vi.advanceTimersByTimeAsync(TEN_MINUTES)
  responses[0]!.write(ANSWER.slice(0, 10))
  await turn()
  await vi.advanceTimersByTimeAsync(TEN_MINUTES)
  for (const response of responses) response.end(ANSWER.slice(response === responses[0] ? 10 : 0))
  expect(await asked).toMatchObject({ text: 'a', attempts: 1 })
  expect(responses).toHaveLength(1)
})

test("so is a request that the kernel took before the server's process runs", async () => {
  const { port, kill } = await started(
    process.execPath,
    '--eval',
    `
    const server = require('node:http').createServer((_, response) => response.end(${JSON.stringify(ANSWER)}))
    server.listen(0, '127.0.0.1', () => console.log(server.address().port))`,
  )
  kill('SIGSTOP')
  const asked = ask(port)
  await until(() => taken(port))
  await vi.advanceTimersByTimeAsync(TEN_MINUTES)
  kill('SIGCONT')
  expect(await asked).toMatchObject({ text: 'a', attempts: 1 })
})

/** Takes one connection away without a word to the other end, as CRIU does (TCP_REPAIR is 19), then answers. */
const SILENT = `
import socket
server = socket.create_server(('127.0.0.1', 0))
print(server.getsockname()[1], flush=True)
lost, _ = server.accept()
lost.recv(65536)
lost.setsockopt(socket.IPPROTO_TCP, 19, 1)
lost.close()
while True:
    connection, _ = server.accept()
    connection.recv(65536)
    connection.sendall(b'HTTP/1.1 200 OK\\r\\n\\r\\n' + ${JSON.stringify(ANSWER)}.encode())
    connection.close()`

test.skipIf(process.getuid!() !== 0 || !existsSync('/usr/bin/python3'))(
  'a request whose connection is gone without a word is asked anew, and that is said',
  async () => {
    vi.useRealTimers()
    const { port } = await started('/usr/bin/python3', '-c', SILENT)
    expect(await ask(port)).toMatchObject({
      text: 'a',
      notes: [expect.stringMatching(/^sent \d+\.\d+ s after the previous request/)],
    })
  },
)

test('one whose server ends with it is asked anew at once', async () => {
  vi.useRealTimers()
  let requests = 0
  const server = createTcpServer(socket =>
    socket
      .on('error', () => {})
      .once(
        'data',
        () => void (++requests < 3 ? socket.resetAndDestroy() : socket.end(`HTTP/1.1 200 OK\r\n\r\n${ANSWER}`)),
      ),
  )
  onTestFinished(() => void server.close())
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
  expect(await ask((server.address() as AddressInfo).port)).toMatchObject({ text: 'a' })
  expect(requests).toBe(3)
})
