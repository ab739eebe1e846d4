import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cannotMakeFakeDriver, makeFakeDriver } from './fake-driver.ts'

const cannotMake = cannotMakeFakeDriver()

describe.skipIf(cannotMake)(
  `the program cuda-checkpoint, against a library with the driver's symbols${cannotMake ? ` (${cannotMake})` : ''}`,
  () => {
    const folder = cannotMake ? '' : mkdtempSync(join(tmpdir(), 'cuda-checkpoint-'))
    const at = (name: string) => join(folder, name)
    const children: ChildProcess[] = []

    function cudaProcess(state = 'r'): string {
      const child = spawn('sleep', ['60'], { stdio: 'ignore' })
      children.push(child)
      writeFileSync(join(at('states'), String(child.pid)), state)
      return String(child.pid)
    }
    const stateOf = (pid: string) => readFileSync(join(at('states'), pid), 'utf8')
    function call(...args: string[]) {
      const env = { FAKE_CUDA_DIR: at('states'), FAKE_CUDA_MS: '1', CUDA_LIBRARY: at('libcuda.so') }
      const { status, stdout, stderr } = spawnSync(at('program'), args, { env, encoding: 'utf8' })
      return { status, stdout, stderr }
    }

    beforeAll(() => {
      mkdirSync(at('states'))
      makeFakeDriver(at('libcuda.so'))
      makeFakeDriver(at('old-libcuda.so'), '-DNO_CHECKPOINT')
      const source = join(import.meta.dirname, 'cuda-checkpoint.c')
      const { stderr } = spawnSync('gcc', ['-Wall', '-Wextra', source, '-o', at('program'), '-ldl'], {
        encoding: 'utf8',
      })
      expect(stderr).toBe('')
    })
    afterAll(() => {
      for (const child of children) child.kill('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    })

    test("what CRIU's plugin asks first: help that names --action", () =>
      expect(call('-h')).toMatchObject({ status: 0, stdout: expect.stringContaining('--action') }))

    test('states as the plugin reads them', () => {
      for (const [letter, name] of Object.entries({ r: 'running', l: 'locked', c: 'checkpointed', f: 'failed' }))
        expect(call('--get-state', '--pid', cudaProcess(letter))).toEqual({
          status: 0,
          stdout: `${name}\n`,
          stderr: '',
        })
    })

    test('the thread that restores; a process without CUDA has none', () => {
      const pid = cudaProcess()
      expect(call('--get-restore-tid', '--pid', pid)).toMatchObject({ status: 0, stdout: `${pid}\n` })
      expect(call('--get-restore-tid', '--pid', String(process.pid))).toEqual({
        status: 1,
        stdout: '',
        stderr: `cuda-checkpoint: restore thread of process ${process.pid}: CUDA_ERROR_INVALID_VALUE (1)\n`,
      })
    })

    test("the plugin asks for a state by a thread's id", () => {
      // a thread of this process, which is made a CUDA process
      writeFileSync(join(at('states'), String(process.pid)), 'l')
      const threads = spawnSync('ls', [`/proc/${process.pid}/task`], { encoding: 'utf8' })
        .stdout.trim()
        .split('\n')
      const other = threads.find(id => id !== String(process.pid))!
      expect(call('--get-state', '--pid', other)).toMatchObject({ status: 0, stdout: 'locked\n' })
      rmSync(join(at('states'), String(process.pid)))
    })

    test('the steps of a dump and of a restore, in the order of the arguments that the plugin uses', () => {
      const pid = cudaProcess()
      const steps = [
        ['lock', 'l', '--timeout', '10000'],
        ['checkpoint', 'c'],
        ['restore', 'l'],
        ['unlock', 'r'],
      ] as const
      for (const [action, state, ...more] of steps) {
        expect(call('--action', action, '--pid', pid, ...more)).toEqual({ status: 0, stdout: '', stderr: '' })
        expect(stateOf(pid)).toBe(state)
      }
    })

    test('toggle: away and back; a busy process is left as it was', () => {
      const pid = cudaProcess()
      expect(call('--toggle', '--pid', pid).status).toBe(0)
      expect(stateOf(pid)).toBe('c')
      expect(call('--toggle', '--pid', pid).status).toBe(0)
      expect(stateOf(pid)).toBe('r')
      const busy = cudaProcess('rb')
      expect(call('--toggle', '--timeout', '20', '--pid', busy)).toMatchObject({
        status: 1,
        stderr: `cuda-checkpoint: lock of process ${busy}: CUDA_ERROR_NOT_READY (600)\n`,
      })
      expect(stateOf(busy)).toBe('rb')
    })

    test('the wrong order, and memory of another GPU: the driver says why', () => {
      const pid = cudaProcess()
      expect(call('--action', 'restore', '--pid', pid)).toMatchObject({
        status: 1,
        stderr: `cuda-checkpoint: restore of process ${pid}: CUDA_ERROR_ILLEGAL_STATE (401)\n`,
      })
      const shared = cudaProcess('cp')
      expect(call('--action', 'restore', '--pid', shared).stderr).toContain('CUDA_ERROR_NOT_SUPPORTED (801)')
    })

    test.for([
      [],
      ['--action', 'stop', '--pid', '1'],
      ['--action'],
      ['--get-state'],
      ['--get-state', '--pid', '12x'],
      ['--get-state', '--toggle', '--pid', '1'],
      ['--toggle', '--pid'],
    ])('a wrong command line ends with 2: %j', args =>
      expect(call(...args)).toMatchObject({ status: 2, stderr: expect.stringContaining('Usage: cuda-checkpoint') }),
    )

    test('no driver, and one that is too old', () => {
      const ask = (CUDA_LIBRARY: string) =>
        spawnSync(at('program'), ['--get-state', '--pid', '1'], { env: { CUDA_LIBRARY }, encoding: 'utf8' })
      expect(ask('/nowhere/libcuda.so.1')).toMatchObject({ status: 1, stderr: expect.stringContaining('/nowhere/') })
      expect(ask(at('old-libcuda.so'))).toMatchObject({ status: 1, stderr: expect.stringContaining('driver 570') })
    })
  },
)
