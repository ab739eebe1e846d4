import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { describe, expect, test } from 'vitest'
import { hostListenersOf, listenersOf } from './listeners.ts'
import { awaitPorts, checkPort, freePort, HOST, isListenedAt } from './port.ts'

/** Of IPv6, where the host has it. */
const other = networkInterfaces().lo?.some(({ address }) => address === '::1') ? '::1' : '127.0.0.2'

const never = new AbortController().signal

async function listen(host = HOST) {
  const server = createServer()
  await new Promise<void>(up => server.listen(0, host, up))
  return { server, port: (server.address() as AddressInfo).port }
}

test('a free port is none that the kernel gives to connections', async () => {
  const connections = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const { server, port } = await listen()
      server.close()
      return port
    }),
  )
  const free = await Promise.all(Array.from({ length: 20 }, freePort))
  expect(Math.max(...free)).toBeLessThan(Math.min(...connections))
  expect(new Set(free).size).toBeGreaterThan(1)
})

test.each([
  ['API_PORT', async () => (await listen()).port, /^API_PORT \d+ cannot be used: .*\n.*set API_PORT to a free port\.$/],
  ['chosen by the suite', freePort, /^port (\d+), which was .* chose it, cannot be used: .*\n.*:\1'.*, or run again: /],
])('a port that is taken is called what it is: %s', async (_, port, message) => {
  const taken = await port()
  const server = createServer()
  await new Promise<void>(up => server.once('error', () => up()).listen(taken, HOST, up))
  await expect(checkPort(taken)).rejects.toThrow(message)
  server.close()
})

describe('the ports of a server that is to be restored', () => {
  test('free ones, at addresses of both kinds', async () => {
    const port = await freePort()
    await awaitPorts(
      [HOST, '0.0.0.0', '0000:0000:0000:0000:0000:0000:0000:0001'].map(address => ({ address, port })),
      never,
    )
  })

  test('one that another program gives back is waited for', async () => {
    const { server, port } = await listen()
    let closed = false
    setTimeout(() => server.close(() => (closed = true)), 300)
    await awaitPorts([{ address: HOST, port }], never)
    expect(closed).toBe(true)
  })

  test('one that stays taken is an error with its number and how to find who has it', async () => {
    const { server, port } = await listen(other)
    const taken = awaitPorts(
      [
        { address: HOST, port: await freePort() },
        { address: other, port },
      ],
      never,
      0.3,
    )
    await expect(taken).rejects.toThrow(new RegExp(`port ${port}, .* is taken[^]*sport = :${port}`))
    server.close()
  })

  test.skipIf(spawnSync('python3', ['--version']).status !== 0)(
    'one of a connection that its listener ended is taken, though nobody listens (needs python3)',
    async () => {
      const { stdout } = spawnSync('python3', ['-c', ENDED_FIRST], { encoding: 'utf8' })
      const port = Number(stdout)
      await expect(checkPort(port)).rejects.toThrow(`${port}`)
      await expect(awaitPorts([{ address: HOST, port }], never, 0.3)).rejects.toThrow(`port ${port}`)
    },
  )

  test.each(['203.0.113.7', 'fe80:0000:0000:0000:0000:0000:0000:0001'])(
    'at %s, which is no address of this host, nobody can have taken one',
    address => awaitPorts([{ address, port: 8000 }], never, 0),
  )

  test('one at which a program listens is not waited for as long as one that is only kept', async () => {
    const { server, port } = await listen()
    expect(await isListenedAt(port)).toBe(true)
    const seconds = 30
    await expect(awaitPorts([{ address: HOST, port }], never, seconds)).rejects.toThrow(`port ${port}`)
    server.close()
    expect(await isListenedAt(port)).toBe(false)
  })

  test.skipIf(other !== '::1')('one at [::] takes IPv4 too, unless it was opened without (IPV6_V6ONLY)', async () => {
    for (const ipv6Only of [false, true]) {
      const server = createServer()
      await new Promise<void>(up => server.listen({ host: '::', port: 0, ipv6Only }, up))
      const { port } = server.address() as AddressInfo
      expect([await isListenedAt(port), await isListenedAt(port, '0.0.0.0')]).toEqual([!ipv6Only, !ipv6Only])
      expect([await isListenedAt(port, '::1'), await isListenedAt(port, '::')]).toEqual([true, true])
      server.close()
    }
  })

  test('a program at another address of this host has nothing to do with it', async () => {
    const { server, port } = await listen('127.0.0.3')
    expect([await isListenedAt(port), await isListenedAt(port, '127.0.0.3')]).toEqual([false, true])
    server.close()
  })

  test('an interrupt ends the waiting', async () => {
    const { server, port } = await listen()
    await awaitPorts([{ address: HOST, port }], AbortSignal.timeout(200))
    server.close()
  })
})

test("listeners in this host's network", async () => {
  const { server, port } = await listen()
  expect(hostListenersOf([process.pid, 2 ** 22 + 1])).toContainEqual({ address: HOST, port })
  server.close()
})

test.skipIf(spawnSync('unshare', ['-n', 'true']).status !== 0)(
  'none of a network of its own (needs root)',
  { timeout: 30_000 },
  async () => {
    const serve = "require('node:net').createServer().listen(8000, '0.0.0.0', () => console.log('up'))"
    const apart = spawn('unshare', ['-n', process.execPath, '-e', serve])
    await once(apart.stdout, 'data')
    expect(listenersOf([apart.pid!])).toEqual([{ address: '0.0.0.0', port: 8000 }])
    expect(hostListenersOf([apart.pid!])).toEqual([])
    apart.kill()
  },
)

/** As NCCL's sockets: without SO_REUSEADDR, and the side that listens ends the connection. */
const ENDED_FIRST = `
import socket
listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen()
client = socket.create_connection(listener.getsockname())
accepted, _ = listener.accept()
accepted.close()
client.recv(1)
client.close()
print(listener.getsockname()[1])
`
