import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import { now } from '../core/clock.ts'
import { Problem } from '../core/problem.ts'
import { medianOf } from '../core/statistics.ts'
import { processTitle } from '../host/processes.ts'
import type { CudaAction, CudaState } from './driver.ts'
import { describeError } from './errors.ts'
import type { Reply, Request, Result } from './process.ts'
import { hasProgram, PROGRAM, programCall, programState } from './program.ts'

/**
 * GPU state of other processes, moved to their host memory and back: the only place that talks to the NVIDIA driver.
 * A CUDA process goes `running` -> lock -> `locked` -> checkpoint -> `checkpointed` -> restore -> `locked` -> unlock ->
 * `running`.
 * Source: cuda.h, "CUDA Checkpointing".
 */

/** Seconds that each process took; all of them ran at the same time. */
type Timings = { pid: number; seconds: number }[]

export interface Cuda {
  /** How the driver is reached: its API in libcuda, or NVIDIA's program. */
  way: 'driver' | typeof PROGRAM
  /** The driver's CUDA version, such as 13000; undefined through the program. */
  version: number | undefined
  /** Seconds until the helper process had done cuInit; undefined through the program, which does it at every call. */
  opening: number | undefined
  /**
   * Median seconds of one start of NVIDIA's program, of those that asked for states; undefined where
   * the driver is called.
   */
  startTime(): number | undefined
  /** The processes among those given that hold CUDA state. */
  states(pids: number[]): Promise<Map<number, CudaState>>
  /** @param timeout seconds until a process that does not come to rest is left alone */
  lock(pids: number[], timeout?: number): Promise<Timings>
  checkpoint(pids: number[]): Promise<Timings>
  /** @param patience seconds to wait for processes that were just made to show their CUDA state */
  restore(pids: number[], patience?: number): Promise<Timings>
  unlock(pids: number[]): Promise<Timings>
  close(): Promise<void>
}

export interface CudaOptions {
  /** Path or name of libcuda; CUDA_LIBRARY, or the loader's libcuda.so.1. */
  library?: string
  /** Seconds until a step is given up: the driver may wait for ever, as for multicast memory. */
  timeout?: number | undefined
}

/**
 * Makes the driver ready: cuInit is done when it resolves. The helper process lives until `close`.
 * @throws Problem saying what both ways lack, and what to install
 */
export async function openCuda({
  library = process.env.CUDA_LIBRARY || 'libcuda.so.1',
  timeout = 600,
}: CudaOptions = {}): Promise<Cuda> {
  const began = now()
  const driver = await openDriver(library, timeout).catch((error: Error) => error)
  if (!(driver instanceof Error)) return { ...driver, opening: now() - began }
  if (await hasProgram()) return openProgram()
  throw new Problem(
    `the NVIDIA driver's checkpoint functions cannot be used: ${driver.message}\n` +
      `${PROGRAM} is not on PATH either.\nInstall driver 570 or newer (its libcuda.so.1 must be found: ` +
      `LD_LIBRARY_PATH or CUDA_LIBRARY), or ${PROGRAM} from https://github.com/NVIDIA/cuda-checkpoint.`,
  )
}

/** Seconds until the helper process is killed that was asked to end. */
const END_PATIENCE = 5

async function openDriver(library: string, timeout: number): Promise<Cuda> {
  const child = fork(join(import.meta.dirname, 'process.ts'), [library], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    env: { ...process.env, UV_THREADPOOL_SIZE: '64', NODE_OPTIONS: '' },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const waiting: Waiting = new Map()
  const version = await driverVersion(child, library, waiting)
  return cudaOf('driver', version, callsOf(child, timeout, waiting), () => endOf(child))
}

/** Requests without an answer yet, by id. */
type Waiting = Map<number, { resolve: (results: Result[]) => void; reject: (error: Error) => void }>

/** Once the process has loaded the driver; from then on `waiting` gets its answers, or that it is gone. */
function driverVersion(child: ChildProcess, library: string, waiting: Waiting): Promise<number> {
  return new Promise<number>((resolve, reject) => {
    child.on('message', (reply: Reply) => {
      if ('ready' in reply) resolve(reply.ready.version)
      else if ('refused' in reply)
        reject(new Error(reply.code === undefined ? reply.refused : `${library}: cuInit: ${describeError(reply.code)}`))
      else waiting.get(reply.id)?.resolve(reply.results)
    })
    const gone = () => {
      const error = new Problem('the process that talks to the NVIDIA driver ended; look at dmesg for NVRM lines')
      reject(error)
      for (const { reject } of waiting.values()) reject(error)
    }
    child.once('exit', gone)
    child.once('error', gone)
  })
}

function callsOf(child: ChildProcess, timeout: number, waiting: Waiting): Call {
  let last = 0
  return async (pids, action, { lockTimeout = 0, patience = 0 } = {}) => {
    if (pids.length === 0) return []
    const id = last++
    const answered = new Promise<Result[]>((resolve, reject) => waiting.set(id, { resolve, reject }))
    const giveUp = (message: string) => waiting.get(id)?.reject(new Problem(message))
    const request: Request = { id, pids, action, lockTimeout, patience }
    child.send(request, error => {
      if (error) giveUp(`the process that talks to the NVIDIA driver is gone: ${error.message}`)
    })
    const timer = setTimeout(() => giveUp(didNotEnd(action, pids, timeout)), (timeout + lockTimeout) * 1000)
    return answered.finally(() => {
      clearTimeout(timer)
      waiting.delete(id)
    })
  }
}

const didNotEnd = (action: Request['action'], pids: number[], timeout: number) =>
  `CUDA ${action} of process ${pids.map(pid => `${pid} (${nameOf(pid)})`).join(', ')} did not end within ` +
  `${timeout} s\nMulticast memory (NVLS) is a known cause: NCCL_NVLS_ENABLE=0; look at dmesg too.`

async function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise(resolve => child.once('exit', resolve))
  child.disconnect()
  // a step that never ends holds it
  const timer = setTimeout(() => child.kill('SIGKILL'), END_PATIENCE * 1000)
  await ended.finally(() => clearTimeout(timer))
}

function openProgram(): Cuda {
  const starts: number[] = []
  const cuda = cudaOf(
    PROGRAM,
    undefined,
    async (pids, action, { lockTimeout = 0 } = {}) =>
      Promise.all(
        pids.map(async (pid): Promise<Result> => {
          if (action !== 'state') return programCall(action, pid, lockTimeout)
          const { state, seconds } = await programState(pid)
          // for a process without CUDA state the program may end before it has done all that a step needs
          if (state) starts.push(seconds)
          return { pid, code: 0, seconds, ...(state && { state }) }
        }),
      ),
    async () => {},
  )
  return { ...cuda, startTime: () => medianOf(starts) }
}

type Call = (
  pids: number[],
  action: Request['action'],
  options?: { lockTimeout?: number; patience?: number },
) => Promise<Result[]>

function cudaOf(way: Cuda['way'], version: number | undefined, call: Call, close: () => Promise<void>): Cuda {
  const act = async (action: CudaAction, pids: number[], options?: { lockTimeout?: number; patience?: number }) => {
    const results = await call(pids, action, options)
    const failed = results.filter(({ code }) => code !== 0)
    if (failed.length > 0) {
      const lines = failed.map(({ pid, code, name }) => `process ${pid} (${nameOf(pid)}): ${describeError(code, name)}`)
      throw new Problem(`CUDA ${action} failed: ${lines.join('\n  ')}`)
    }
    return results.map(({ pid, seconds }) => ({ pid, seconds }))
  }
  return {
    way,
    version,
    opening: undefined,
    close,
    startTime: () => undefined,
    async states(pids) {
      const results = await call(pids, 'state')
      return new Map(results.flatMap(({ pid, state }) => (state ? [[pid, state] as const] : [])))
    },
    lock: (pids, timeout = 20) => act('lock', pids, { lockTimeout: timeout }),
    checkpoint: pids => act('checkpoint', pids),
    restore: (pids, patience = 1) => act('restore', pids, { patience }),
    unlock: pids => act('unlock', pids),
  }
}

const nameOf = (pid: number): string => processTitle(pid) || 'gone'
