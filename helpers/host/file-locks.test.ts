import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, test } from 'vitest'
import { locksOf } from './file-locks.ts'

const folder = mkdtempSync(join(tmpdir(), 'criu-gpu-bench-locks-'))
afterAll(() => rmSync(folder, { recursive: true }))

let holder: ChildProcess | undefined
afterEach(() => holder?.kill('SIGKILL'))

const unusable = spawnSync('python3', ['--version']).status !== 0

/** A process that has done what `script` says with `path`. */
async function python(script: string, path: string): Promise<number> {
  const wait = 'print("done", flush=True)\nsys.stdin.read()'
  const child = spawn('python3', ['-c', `import fcntl, sys\nf = open(sys.argv[1], "w")\n${script}\n${wait}`, path])
  holder = child
  await once(child.stdout!, 'data')
  return child.pid!
}

test.skipIf(unusable).each([
  ['flock', 'fcntl.flock(f, fcntl.LOCK_EX)'],
  ['flock, shared', 'fcntl.flock(f, fcntl.LOCK_SH)'],
  ['fcntl', 'fcntl.lockf(f, fcntl.LOCK_EX)'],
  ['a lease', 'fcntl.fcntl(f, fcntl.F_SETLEASE, fcntl.F_WRLCK)'],
  ['the same file twice', 'g = open(sys.argv[1]); fcntl.flock(f, fcntl.LOCK_SH); fcntl.flock(g, fcntl.LOCK_SH)'],
])('%s', async (_, script) => {
  const file = join(folder, 'lock')
  const pid = await python(script, file)
  expect(locksOf([pid, process.pid])).toEqual([{ pid, file }])
})

test.skipIf(unusable)('none: an open file, a lock that was given back, a process that is gone', async () => {
  const file = join(folder, 'lock')
  const pid = await python('fcntl.flock(f, fcntl.LOCK_EX); fcntl.flock(f, fcntl.LOCK_UN)', file)
  expect(locksOf([pid])).toEqual([])
  expect(locksOf([2 ** 22 + 1])).toEqual([])
})
