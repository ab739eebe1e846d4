import { createServer } from 'node:net'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isLoopback, keepsFrom, listenersOf, parseListeners } from './listeners.ts'

const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n'
const line = (local: string, state: string, inode: number) =>
  `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 ` +
  `${inode} 1 0000000000000000 100 0 0 10 0\n`

test('IPv4 and IPv6, those that listen alone', () => {
  const table =
    HEAD +
    line('0100007F:1F90', '0A', 11) +
    line('00000000:0050', '0A', 12) +
    line('0100007F:1F91', '01', 13) +
    line('00000000000000000000000001000000:0016', '0A', 14) +
    line('0000000000000000FFFF00000100007F:0017', '0A', 15) +
    line('00000000000000000000000000000000:0018', '0A', 16)
  const found = [...parseListeners(table)].map(([inode, { address, port }]) => [inode, port, isLoopback(address)])
  expect(found).toEqual([
    ['11', 8080, true],
    ['12', 80, false],
    ['14', 22, true],
    ['15', 23, true],
    ['16', 24, false],
  ])
})

test.each([
  ['0.0.0.0', '10.0.0.7', true],
  ['10.0.0.7', '0.0.0.0', true],
  ['10.0.0.7', '10.0.0.8', false],
  ['0000:0000:0000:0000:0000:ffff:0a00:0007', '10.0.0.7', true],
  ['0000:0000:0000:0000:0000:0000:0000:0000', 'fe80::1', true],
  ['0000:0000:0000:0000:0000:0000:0000:0000', '10.0.0.7', undefined],
  ['0.0.0.0', '::1', false],
  ['fe80:0000:0000:0000:0000:0000:0000:0001', '10.0.0.7', false],
  // it is tried as one that takes IPv4 as well
  ['127.0.0.1', '::', true],
])('a listener at %s keeps others from %s: %s', (address, wanted, expected) =>
  expect(keepsFrom({ address }, wanted)).toBe(expected),
)

test('no text makes it throw', () =>
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...HEAD, ...line('0100007F:1F90', '0A', 11)) }), text => {
      for (const { address } of parseListeners(text).values()) expect(typeof isLoopback(address)).toBe('boolean')
    }),
  ))

test('those of a process that is there, none of one that is gone', async () => {
  const open = async (host: string) => {
    const server = createServer()
    await new Promise<void>(listening => server.listen(0, host, listening))
    return server
  }
  const [inner, outer] = await Promise.all([open('127.0.0.1'), open('0.0.0.0')])
  const ports = [inner, outer].map(server => (server.address() as { port: number }).port)
  const found = listenersOf([process.pid, 2 ** 22 + 1]).filter(({ port }) => ports.includes(port))
  expect(found.map(({ port, address }) => [port, isLoopback(address)]).sort()).toEqual(
    [
      [ports[0], true],
      [ports[1], false],
    ].sort(),
  )
  for (const server of [inner, outer]) server.close()
})
