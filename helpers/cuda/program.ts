import { now } from '../core/clock.ts'
import { command, succeeds } from '../host/command.ts'
import { type CudaAction, type CudaState, STATES } from './driver.ts'
import type { Result } from './process.ts'

/**
 * NVIDIA's cuda-checkpoint program: a process start and a cuInit for every call. Source:
 * github.com/NVIDIA/cuda-checkpoint.
 */
export const PROGRAM = 'cuda-checkpoint'

export const hasProgram = (): Promise<boolean> => succeeds(PROGRAM, ['--help'], { timeout: 10 })

export async function programState(pid: number): Promise<{ state: CudaState | undefined; seconds: number }> {
  const began = now()
  const { stdout } = await command(PROGRAM, ['--get-state', '--pid', String(pid)], { timeout: 30 }).catch(() => ({
    stdout: '',
  }))
  return { state: STATES.find(state => stdout.trim() === state), seconds: now() - began }
}

/** Errors: the Problem of helpers/host/command.ts, with what the program printed. */
export async function programCall(action: CudaAction, pid: number, lockTimeout: number): Promise<Result> {
  const began = now()
  await command(
    PROGRAM,
    [
      '--action',
      action,
      '--pid',
      String(pid),
      ...(action === 'lock' ? ['--timeout', String(Math.round(lockTimeout * 1000))] : []),
    ],
    { timeout: 600 },
  )
  return { pid, code: 0, seconds: now() - began }
}
