import { type ChildProcess, spawn } from 'node:child_process'
import { readlinkSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Doorway } from './doorway.ts'
import { NetworkNamespace } from './network-namespace.ts'

const INNER = 8099
const fetchFrom = (port: number) => fetch(`http://127.0.0.1:${port}/`).then(answer => answer.text())
const own = () => readlinkSync('/proc/thread-self/ns/net')

/** Says its name on 127.0.0.1 of the network namespace that it was started in. */
const server = (name: string) =>
  `require('node:http').createServer((_, answer) => answer.end('${name}')).listen(${INNER}, '127.0.0.1')`

describe.skipIf(process.getuid?.() !== 0)('a way into another network namespace', () => {
  let namespaces: NetworkNamespace[]
  const servers: ChildProcess[] = []
  const serve = (namespace: NetworkNamespace, name: string) => {
    const child = namespace.within(() => spawn(process.execPath, ['--eval', server(name)], { stdio: 'ignore' }))
    servers.push(child)
    return child
  }
  beforeEach(() => {
    namespaces = [new NetworkNamespace(), new NetworkNamespace()]
  })
  afterEach(() => {
    for (const child of servers.splice(0)) child.kill('SIGKILL')
    for (const namespace of namespaces) namespace.close()
  })

  test('one port in two namespaces: each way leads to its own, and is shut at the end', async () => {
    const [first, second] = namespaces as [NetworkNamespace, NetworkNamespace]
    const doorways = [new Doorway(first, INNER), new Doorway(second, INNER)]
    const ports = [await doorways[0]!.open(), await doorways[1]!.open()]
    await expect(fetchFrom(ports[0]!)).rejects.toThrow()
    serve(first, 'one')
    serve(second, 'two')
    for (const [index, name] of ['one', 'two'].entries())
      await expect.poll(() => fetchFrom(ports[index]!).catch(() => ''), { timeout: 20_000 }).toBe(name)
    for (const doorway of doorways) doorway.close()
    await expect(fetchFrom(ports[0]!)).rejects.toThrow()
  })

  test('this process stays in its own, also where the work throws', () => {
    const before = own()
    const [first] = namespaces as [NetworkNamespace]
    expect(first.within(own)).not.toBe(before)
    expect(() =>
      first.within(() => {
        throw new Error('no')
      }),
    ).toThrow('no')
    expect(own()).toBe(before)
  })

  test('what is spawned within it belongs there', () => {
    const [first] = namespaces as [NetworkNamespace]
    const child = serve(first, 'one')
    expect(readlinkSync(`/proc/${child.pid}/ns/net`)).toBe(first.within(own))
  })
})
