import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect, test } from 'vitest'
import { kill, processTree } from '../host/processes.ts'
import { dumpedIn, listening, living, randomAddress, uptime } from './executions.ts'
import { tinyCheckpoint } from './images/recorded.ts'

const WAIT = 'import sys\nprint("ready", flush=True)\nsys.stdin.read()'
const FORK = `import os, subprocess, time
if os.fork() == 0: time.sleep(60)
subprocess.Popen(["sleep", "60"])
${WAIT}`

/** A Python that prints once it runs, and ends with its input. */
async function python(program = WAIT): Promise<{ pid: number } & Disposable> {
  const child = spawn('python3', ['-c', program], { stdio: ['pipe', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  return { pid: child.pid!, [Symbol.dispose]: () => void child.stdin.end() }
}

test('the same program started twice is two executions; each says the same of itself again', async () => {
  using one = await python()
  using other = await python()
  const [first, second] = living([one.pid, other.pid])
  expect(first).toMatchObject({
    pid: one.pid,
    name: 'python3',
    execution: expect.stringMatching(/^[0-9a-f]+-[0-9a-f]{32}$/),
  })
  expect(second!.execution).not.toBe(first!.execution)
  expect(living([one.pid])).toEqual([first])
})

/** As Go's runtime does. */
const ZEROES = `import ctypes
libc = ctypes.CDLL(None)
libc.getauxval.restype = ctypes.c_ulong
ctypes.memset(libc.getauxval(25), 0, 16)
${WAIT}`

test('a program that zeroes its random bytes is told by where they lay', async () => {
  using one = await python(ZEROES)
  using other = await python(ZEROES)
  const [first, second] = living([one.pid, other.pid])
  expect(first!.execution).toMatch(/^[0-9a-f]+-0{32}$/)
  expect(second!.execution).toMatch(/^[0-9a-f]+-0{32}$/)
  expect(second!.execution).not.toBe(first!.execution)
})

test("a process that forks has its parent's, one that starts a program has its own", async () => {
  using parent = await python(FORK)
  const seen = () => living(processTree(parent.pid))
  await expect.poll(() => seen().map(({ name }) => name)).toEqual(['python3', 'python3', 'sleep'])
  const [first, forked, sleeper] = seen()
  for (const { pid } of [forked!, sleeper!]) kill(pid)
  expect(forked?.execution).toBe(first!.execution)
  expect(sleeper?.execution).not.toBe(first!.execution)
})

test("it began after the host's uptime was read, this process before", async () => {
  const since = uptime()
  using later = await python()
  const [before, after] = living([process.pid, later.pid])
  expect(before!.began).toBeLessThan(since)
  expect(after!.began).toBeGreaterThanOrEqual(since)
})

test('processes that are gone are left out', () => expect(living([0x7fffffff])).toEqual([]))

test('who listens on a port', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  using other = await python()
  const processes = living([process.pid, other.pid])
  expect(listening(processes, port).map(({ pid }) => pid)).toEqual([process.pid])
  server.close()
  await once(server, 'close')
  expect(listening(processes, port)).toEqual([])
})

test("CRIU's images tell the same of those that were dumped", () => {
  using tiny = tinyCheckpoint()
  expect(dumpedIn(tiny.folder)).toEqual([
    { inner: 1, name: 'tiny-subject', execution: expect.stringMatching(/^[0-9a-f]+-[0-9a-f]{32}$/) },
  ])
})

test('an auxiliary vector without the address, or cut short, says nothing', () => {
  const vector = (...words: number[]) => new Uint8Array(BigUint64Array.from(words, BigInt).buffer)
  expect(randomAddress(vector(6, 4096, 25, 0x7ffe3d010299, 0, 0))).toBe(0x7ffe3d010299)
  // a value is no name
  expect(randomAddress(vector(6, 25, 17, 100, 0, 0))).toBeUndefined()
  expect(randomAddress(vector(6, 4096, 25))).toBeUndefined()
  expect(randomAddress(new Uint8Array())).toBeUndefined()
})
