import { spawn } from 'node:child_process'
import { mkdtempSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { pause } from '../core/clock.ts'
import { Doorway, missingForDoorways } from './doorway.ts'

const INNER = 8099
const unusable = process.getuid?.() !== 0 || missingForDoorways().length > 0
const fetchFrom = (port: number) => fetch(`http://127.0.0.1:${port}/`).then(answer => answer.text())

/** Says one sentence on 127.0.0.1 of its own network namespace, whose loopback is down when it begins. */
const SERVER = `require('node:http').createServer((_, answer) => answer.end('from within')).listen(${INNER})`

describe.skipIf(unusable)('a way into another network namespace', () => {
  let folder: string
  let server: ReturnType<typeof spawn>
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'doorway-'))
    server = spawn('unshare', ['--net', process.execPath, '--eval', SERVER], { stdio: 'ignore' })
    const host = readlinkSync('/proc/self/ns/net')
    while (readlinkSync(`/proc/${server.pid}/ns/net`) === host) await pause(0.01)
  })
  afterEach(() => {
    server.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })

  test('is shut until it is opened, can be opened again, and leaves nothing', async () => {
    const doorway = new Doorway(join(folder, 'door.sock'), INNER)
    const port = await doorway.listen()
    await expect(fetchFrom(port)).rejects.toThrow()
    for (const _ of [1, 2]) {
      await doorway.open(server.pid!)
      await expect.poll(() => fetchFrom(port).catch(() => ''), { timeout: 20_000 }).toBe('from within')
    }
    doorway.close()
    await expect(fetchFrom(port)).rejects.toThrow()
  })

  test('two of them lead to their own', async () => {
    const own = new Doorway(join(folder, 'own.sock'), INNER)
    const nobodys = new Doorway(join(folder, 'none.sock'), INNER + 1)
    const ports = [await own.listen(), await nobodys.listen()]
    expect(new Set(ports).size).toBe(2)
    for (const doorway of [own, nobodys]) await doorway.open(server.pid!)
    await expect.poll(() => fetchFrom(ports[0]!).catch(() => ''), { timeout: 20_000 }).toBe('from within')
    await expect(fetchFrom(ports[1]!)).rejects.toThrow()
    for (const doorway of [own, nobodys]) doorway.close()
  })

  test('a process that is gone is named', async () => {
    const doorway = new Doorway(join(folder, 'gone.sock'), INNER)
    await expect(doorway.open(2 ** 22 + 1)).rejects.toThrow(/nsenter/)
    doorway.close()
  })
})
