import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { attempt } from './attempt.ts'
import { command, start } from './command.ts'
import { isAlive, kill, openFiles, stillRuns } from './processes.ts'
import { subprocess } from './subprocess.ts'

vi.mock(import('./processes.ts'), async original => {
  const real = await original()
  return { ...real, openFiles: vi.fn(real.openFiles), stillRuns: vi.fn(real.stillRuns) }
})

/** Programs that do not end by themselves within a test, and what they start. */
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'subprocess-'))
})
afterEach(() => {
  for (const pid of started()) kill(pid)
  rmSync(folder, { recursive: true, force: true })
})

/** A script of sh; `$note` writes down the process that runs it. */
function script(name: string, lines: string): string {
  const path = join(folder, name)
  writeFileSync(path, `#!/bin/sh\necho $$ >> ${join(folder, 'pids')}\n${lines}\n`, { mode: 0o755 })
  return path
}
const started = () =>
  existsSync(join(folder, 'pids')) ? readFileSync(join(folder, 'pids'), 'utf8').trim().split('\n').map(Number) : []
const allStarted = async (count: number) => {
  await expect.poll(() => started().length).toBe(count)
}

const KINDS: Record<string, { make(): string; count: number }> = {
  'a program that waits for a child with its output': {
    make: () => script('waits', `${script('child', 'exec sleep 600')}\necho never`),
    count: 2,
  },
  'a child that ignores SIGTERM': {
    make: () => script('ignores', `${script('child', 'trap "" TERM\nwhile :; do sleep 600; done')}\necho never`),
    count: 2,
  },
  'a program that ignores SIGTERM': {
    make: () => script('deaf', 'trap "" TERM\nwhile :; do sleep 600; done'),
    count: 1,
  },
  'a grandchild that has left the session': {
    make: () => script('leaves', `setsid ${script('child', 'exec sleep 600')} &\nwait`),
    count: 2,
  },
  'a grandchild that has left the session and lost its parent': {
    make: () => script('loses', `${script('parent', `setsid ${script('child', 'exec sleep 600')} &`)}\nexec sleep 600`),
    count: 3,
  },
}

describe.each(Object.entries(KINDS))('%s', (_, { make, count }) => {
  test('is given up, whole tree, and the call settles', async () => {
    const stop = new AbortController()
    const { ended } = subprocess(make(), [], { timeout: 60, signal: stop.signal, grace: 0.2 })
    await allStarted(count)
    stop.abort()
    expect(await ended).toMatchObject({ failed: true, isCanceled: true, timedOut: false })
    expect(started().filter(isAlive)).toEqual([])
  })

  test('is killed at once, whole tree', async () => {
    const running = start(make(), [])
    await allStarted(count)
    running.kill()
    await expect(running.ended).rejects.toThrow('was ended by SIGKILL')
    expect(started().filter(isAlive)).toEqual([])
  })
})

test('after its limit as well, and what it said until then is told', async () => {
  const said = command(script('says', `echo so far\n${script('child', 'exec sleep 600')}`), [], { timeout: 1 })
  await expect(said).rejects.toThrow(/gave no answer within 1 s and was killed\n {2}\| so far/)
  expect(started().filter(isAlive)).toEqual([])
})

test.each(['its descriptors were read', 'it ended before that'])(
  'a program that ended and left a child with its output: said, with the child (%s)',
  async when => {
    if (when === 'it ended before that') {
      vi.mocked(openFiles).mockReturnValueOnce([])
      vi.mocked(stillRuns).mockReturnValueOnce(false)
    }
    const file = script('ends', `${script('child', 'exec sleep 600')} &`)
    await expect(command(file, [], { timeout: 1 })).rejects.toThrow(
      /ended, but process \d+ \(sleep\), which it started, kept its output open for 1 s and was killed/,
    )
    expect(started().filter(isAlive)).toEqual([])
  },
)

test("a limit of set-up's holds as well", async () => {
  const { exitCode, account } = await attempt(script('waits', `${script('child', 'exec sleep 600')}\necho never`), [], {
    timeout: 1,
  })
  expect(exitCode).toBeUndefined()
  expect(account).toContain('did not end within 1 s and was killed')
  expect(started().filter(isAlive)).toEqual([])
})

test('a limit longer than a timer can count to is none that fires at once', async () => {
  expect(await command('echo', ['well'], { timeout: 3e6 })).toEqual({ stdout: 'well', stderr: '' })
})

test("a child that lives on without the output stays, as a container's conmon does", async () => {
  const stop = new AbortController()
  await command(
    script(
      'starts',
      `setsid ${script('child', 'exec sleep 600')} > /dev/null 2>&1 &\nwhile [ $(wc -l < ` +
        `${join(folder, 'pids')}) -lt 2 ]; do sleep 0.01; done`,
    ),
    [],
    { signal: stop.signal },
  )
  stop.abort()
  expect(started().filter(isAlive)).toEqual([started()[1]])
})
