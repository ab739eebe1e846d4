import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { noteFolder } from '../../../fixtures/testing/test-marks.ts'
import { configuration } from '../../config/configuration.ts'
import { criuLink } from '../../setup/criu.ts'
import { census } from './census.ts'
import { dropZeroPages } from './drop-zero-pages.ts'
import { mapPages } from './map-pages.ts'

const OF_SET_UP = criuLink(configuration().stateDir)
const CRIU = process.env.CRIU_BIN || (existsSync(OF_SET_UP) ? OF_SET_UP : 'criu')
const MEGABYTE = 1 << 20

/**
 * A parent and the child it forked, each with a filled mapping, a zeroed one and a grown heap, that answer commands.
 */
const SUBJECT = `
import ctypes, hashlib, mmap, os, random, sys, time
folder = sys.argv[1]
os.setsid()
random.seed(7)
libc = ctypes.CDLL(None)
libc.sbrk.restype = ctypes.c_void_p
libc.sbrk.argtypes = [ctypes.c_ssize_t]
ANONYMOUS = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
filled = mmap.mmap(-1, 6 << 20, ANONYMOUS); filled.write(random.randbytes(5 << 20))
empty = mmap.mmap(-1, 24 << 20, ANONYMOUS); empty.write(bytes(24 << 20)); empty[:2 << 20] = random.randbytes(2 << 20)
heap = libc.sbrk(3 << 20); ctypes.memmove(heap, random.randbytes(3 << 20), 3 << 20)
name = 'parent' if os.fork() else 'child'
if name == 'child': filled[1 << 20:1 << 20 | 5] = b'child'
def digest():
    return ' '.join(hashlib.sha256(part).hexdigest() for part in (filled[:], empty[:], ctypes.string_at(heap, 3 << 20)))
def discard():
    before = filled[4 << 12:5 << 12]
    filled.madvise(mmap.MADV_DONTNEED, 4 << 12, 1 << 12)
    after = filled[4 << 12:5 << 12]
    return 'zeros' if after == bytes(1 << 12) else 'content' if after == before else 'neither'
def grow():
    more = libc.sbrk(2 << 20)
    fresh = ctypes.string_at(more, 2 << 20) == bytes(2 << 20)
    ctypes.memset(more, 1, 2 << 20)
    libc.sbrk(-(3 << 20)); again = libc.sbrk(3 << 20)
    return 'fresh' if fresh and ctypes.string_at(again, 3 << 20) == bytes(3 << 20) else 'stale'
def write():
    filled[:5] = b'dirty'; ctypes.memset(heap, 2, 4096)
    return digest()
while True:
    for command in (digest, discard, grow, write):
        ask = f'{folder}/{name}.{command.__name__}'
        if os.path.exists(ask):
            os.unlink(ask)
            with open(ask + '.part', 'w') as answer: answer.write(command())
            os.rename(ask + '.part', ask + '.answer')
    time.sleep(0.01)
`

const unusable =
  process.getuid?.() !== 0
    ? 'needs root'
    : spawnSync(CRIU, ['check'], { timeout: 20_000 }).status !== 0
      ? `needs CRIU that works here: \`${CRIU} check\` fails`
      : spawnSync('python3', ['-c', 'import mmap'], { timeout: 20_000 }).status !== 0
        ? 'needs python3'
        : undefined

describe.skipIf(unusable)(
  `a checkpoint rewritten and restored${unusable ? ` (skipped: ${unusable})` : ''}`,
  { timeout: 60_000 },
  () => {
    let folder: string
    /** The pid, outside, of the first process in the subject's pid namespace. When it ends, all in there end. */
    let first: number | undefined
    let before: string[]

    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'criu-images-'))
      noteFolder(folder)
      await mkdir(join(folder, 'images'))
      // A pid namespace of its own: the pids that CRIU gives back are free in a new one.
      const unshare = spawn('unshare', ['--pid', '--fork', 'python3', '-c', SUBJECT, folder], {
        stdio: 'ignore',
        cwd: '/',
      })
      const ended = once(unshare, 'exit')
      while (!first) {
        await setTimeout(10)
        first = Number(await readFile(`/proc/${unshare.pid}/task/${unshare.pid}/children`, 'utf8'))
      }
      before = await digests()
      criu('dump', '--tree', String(first))
      await ended
      first = undefined
    })

    afterEach(async () => {
      end()
      await rm(folder, { recursive: true, force: true })
    })

    test.each([{}, { move: true }])('keeps the memory of both processes without zero pages: %o', async moving => {
      const { bytes, dropped } = await dropZeroPages(images(), moving)
      expect(dropped).toBeGreaterThan(2 * 20 * MEGABYTE)
      expect(await census(images())).toMatchObject({ bytes: bytes - dropped })
      await restore()
      expect(await digests()).toEqual(before)
      expect(await ask('parent', 'discard')).toBe('zeros')
    })

    test.each([{}, { move: true }])(
      'keeps the memory of both processes on a mapped file, as often as it is restored: %o',
      async moving => {
        const file = join(folder, 'pages')
        const { left, mapped, bytes } = await mapPages(images(), { file, containerPath: file, ...moving })
        expect(mapped).toBeGreaterThan(2 * 10 * MEGABYTE)
        expect(left).toBeLessThan(bytes / 2)
        for (const round of ['first', 'second']) {
          await restore()
          expect(await digests(), round).toEqual(before)
          expect(await ask('parent', 'grow')).toBe('fresh')
          expect(await ask('parent', 'write')).not.toEqual(before[0])
          expect(await ask('child', 'digest')).toBe(before[1])
          end()
        }
      },
    )

    test('shows the difference that a mapped file makes: a discarded page has the old content, not zeros', async () => {
      const file = join(folder, 'pages')
      await mapPages(images(), { file, containerPath: file })
      await restore()
      expect(await ask('parent', 'discard')).toBe('content')
    })

    test('leaves anonymous memory as it was where only the heap is mapped', async () => {
      const file = join(folder, 'pages')
      await mapPages(images(), { file, containerPath: file, kinds: ['heap'] })
      await restore()
      expect(await digests()).toEqual(before)
      expect(await ask('parent', 'discard')).toBe('zeros')
    })

    const images = () => join(folder, 'images')
    const digests = async () => [await ask('parent', 'digest'), await ask('child', 'digest')]

    async function restore(): Promise<void> {
      const pidFile = join(folder, 'pid')
      await rm(pidFile, { force: true })
      criu('restore', '--restore-detached', '--pidfile', pidFile)
      first = Number(await readFile(pidFile, 'utf8'))
    }

    function criu(command: string, ...args: string[]): void {
      const { status, stderr } = spawnSync(
        CRIU,
        [command, '--images-dir', images(), '--log-file', `${command}.log`, ...args],
        { encoding: 'utf8', timeout: 30_000 },
      )
      if (status !== 0) {
        const log = join(images(), `${command}.log`)
        const { stdout } = spawnSync('grep', ['-aE', 'Error|Warn', log], { encoding: 'utf8' })
        throw new Error(`criu ${command} failed: ${stderr}\n${stdout}`)
      }
    }

    async function ask(name: string, command: string): Promise<string> {
      const question = join(folder, `${name}.${command}`)
      await writeFile(`${question}.new`, '')
      await rename(`${question}.new`, question)
      for (let attempt = 0; attempt < 2000; attempt++) {
        if (existsSync(`${question}.answer`)) {
          const answer = await readFile(`${question}.answer`, 'utf8')
          await rm(`${question}.answer`)
          return answer
        }
        await setTimeout(10)
      }
      throw new Error(`the ${name} did not answer ${command}`)
    }

    function end(): void {
      const pid = first
      first = undefined
      try {
        if (pid) process.kill(pid, 'SIGKILL')
      } catch {
        // It has ended.
      }
    }
  },
)
