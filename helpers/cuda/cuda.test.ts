import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { now } from '../core/clock.ts'
import { type Cuda, openCuda } from './cuda.ts'
import { describeError } from './errors.ts'
import { cannotMakeFakeDriver, makeFakeDriver } from './fake-driver.ts'

const cannotMake = cannotMakeFakeDriver()

describe.skipIf(cannotMake)(
  `the driver API, against a library with its symbols${cannotMake ? ` (skipped: ${cannotMake})` : ''}`,
  () => {
    const folder = cannotMake ? '' : mkdtempSync(join(tmpdir(), 'cuda-test-'))
    const library = join(folder, 'libcuda.so')
    const states = join(folder, 'states')
    const children: ReturnType<typeof spawn>[] = []
    let cuda: Cuda

    /** A living process that the library takes for a CUDA process. */
    function cudaProcess(state = 'r'): number {
      const child = spawn('sleep', ['60'], { stdio: 'ignore' })
      children.push(child)
      writeFileSync(join(states, String(child.pid)), state)
      return child.pid!
    }
    const stateOf = (pid: number) => readFileSync(join(states, String(pid)), 'utf8')

    beforeAll(async () => {
      mkdirSync(states)
      makeFakeDriver(library)
      process.env.FAKE_CUDA_DIR = states
      process.env.FAKE_CUDA_MS = '150'
      cuda = await openCuda({ library })
    })
    afterAll(async () => {
      await cuda?.close()
      for (const child of children) child.kill('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
      delete process.env.FAKE_CUDA_DIR
      delete process.env.FAKE_CUDA_MS
    })

    test('says which way and which version', () => {
      expect(cuda.way).toBe('driver')
      expect(cuda.version).toBe(13000)
    })

    test('finds the processes with CUDA state among those of a tree', async () => {
      const pid = cudaProcess()
      expect(await cuda.states([pid, process.pid, 4_000_000])).toEqual(new Map([[pid, 'running']]))
    })

    test('lock, checkpoint, restore, unlock: the states follow', async () => {
      const pid = cudaProcess()
      const state = async () => (await cuda.states([pid])).get(pid)
      await cuda.lock([pid])
      expect(await state()).toBe('locked')
      const [timing] = await cuda.checkpoint([pid])
      expect(timing!.seconds).toBeGreaterThan(0.14)
      expect(await state()).toBe('checkpointed')
      await cuda.restore([pid])
      await cuda.unlock([pid])
      expect(await state()).toBe('running')
    })

    test('several processes at the same time', async () => {
      const pids = Array.from({ length: 8 }, () => cudaProcess('l'))
      const began = now()
      await cuda.checkpoint(pids)
      expect(now() - began).toBeLessThan(0.6)
      expect(pids.map(stateOf).join('')).toBe('cccccccc')
    })

    test("the wrong order is refused with the driver's name and what to do", async () => {
      const pid = cudaProcess()
      await expect(cuda.checkpoint([pid])).rejects.toThrow(
        /process \d+ \(sleep\): CUDA_ERROR_ILLEGAL_STATE \(401\): .*lock, checkpoint, restore, unlock/,
      )
    })

    test('a busy process: the lock gives up after its timeout', async () => {
      const pid = cudaProcess('rb')
      const began = now()
      await expect(cuda.lock([pid], 0.2)).rejects.toThrow(/CUDA_ERROR_NOT_READY \(600\): .*timeout/)
      expect(now() - began).toBeGreaterThan(0.19)
      expect(now() - began).toBeLessThan(2)
    })

    test('memory of another GPU: checkpointed, and the restore says by process what cannot come back', async () => {
      const [alone, sharing] = [cudaProcess(), cudaProcess('rp')]
      await cuda.lock([alone, sharing])
      await cuda.checkpoint([alone, sharing])
      await expect(cuda.restore([alone, sharing])).rejects.toThrow(
        new RegExp(`^CUDA restore failed: process ${sharing} \\(sleep\\): CUDA_ERROR_NOT_SUPPORTED \\(801\\): .*P2P`),
      )
      expect([stateOf(alone), stateOf(sharing)]).toEqual(['l', 'cp'])
    })

    test('a step that never ends is given up, and so is the helper that waits in it', async () => {
      process.env.FAKE_CUDA_MS = '60000'
      const slow = await openCuda({ library, timeout: 0.1 }).finally(() => {
        process.env.FAKE_CUDA_MS = '150'
      })
      const pid = cudaProcess('l')
      await expect(slow.checkpoint([pid])).rejects.toThrow(
        new RegExp(`^CUDA checkpoint of process ${pid} \\(sleep\\) did not end within 0.1 s\n.*NCCL_NVLS_ENABLE=0`),
      )
      await slow.close()
    })

    test('waits for a process that was just made to show its CUDA state', async () => {
      const child = spawn('sleep', ['60'], { stdio: 'ignore' })
      children.push(child)
      setTimeout(() => writeFileSync(join(states, String(child.pid)), 'c'), 100)
      await cuda.restore([child.pid!])
      expect(stateOf(child.pid!)).toBe('l')
    })

    test('no process: nothing to do', async () => {
      expect(await cuda.lock([])).toEqual([])
    })
  },
)

test('without a library and without the program: says both and what to install', async () => {
  await expect(openCuda({ library: '/nowhere/libcuda.so.1' })).rejects.toThrow(
    /libcuda\.so\.1[\s\S]*cuda-checkpoint is not on PATH[\s\S]*driver 570 or newer/,
  )
})

test('without a library, through the program: the state, and what one start of it takes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cuda-test-'))
  const path = process.env.PATH
  try {
    // knows this test's own process alone
    writeFileSync(
      join(folder, 'cuda-checkpoint'),
      `#!/bin/sh\ncase "$*" in --help) ;; "--get-state --pid ${process.pid}") echo running;; *) exit 1;; esac\n`,
      { mode: 0o755 },
    )
    process.env.PATH = `${folder}:${path}`
    const cuda = await openCuda({ library: '/nowhere/libcuda.so.1' })
    expect(cuda.way).toBe('cuda-checkpoint')
    expect(cuda.startTime()).toBeUndefined()
    expect(await cuda.states([process.pid, 1])).toEqual(new Map([[process.pid, 'running']]))
    expect(cuda.startTime()).toBeGreaterThan(0)
    await cuda.close()
  } finally {
    process.env.PATH = path
    rmSync(folder, { recursive: true, force: true })
  }
})

test('an error that nobody knows keeps its number', () => {
  expect(describeError(12_345)).toBe('CUDA error 12345 (12345)')
})
