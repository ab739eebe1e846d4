import koffi, { type KoffiFunc } from 'koffi'

/**
 * cuCheckpointProcess* of the driver's libcuda. Signatures and layouts: cuda.h of CUDA 12.8 (driver 570) and
 * newer. Every argument structure is 64 bytes and may be zero, but for the first word of the lock's, its
 * time-out in milliseconds.
 */

const ARGUMENT_BYTES = 64
/** CUprocessState. */
export const STATES = ['running', 'locked', 'checkpointed', 'failed'] as const
export type CudaState = (typeof STATES)[number]
const ACTIONS = ['lock', 'checkpoint', 'restore', 'unlock'] as const
export type CudaAction = (typeof ACTIONS)[number]

export interface Driver {
  /** CUDA version that the driver speaks, such as 13000. */
  version: number
  /** The error number, 0 for success. Runs beside others: on a thread of its own. */
  act(action: CudaAction, pid: number, lockTimeout: number): Promise<number>
  /** Undefined where the process has no CUDA state (or is gone). */
  state(pid: number): CudaState | undefined
  /** What the driver calls an error. */
  errorName(code: number): string | undefined
}

/**
 * Loads libcuda and initialises CUDA without making a context.
 * @throws Error saying which of both failed
 */
export function loadDriver(library: string): Driver {
  const { init, getVersion, getErrorName, getState, calls } = functionsOf(load(library))
  const errorName = (code: number) => {
    const name = [null] as (string | null)[]
    return getErrorName(code, name) === 0 ? (name[0] ?? undefined) : undefined
  }
  const found = init(0)
  if (found !== 0) throw Object.assign(new Error(`cuInit: ${errorName(found) ?? found}`), { code: found })
  const version = [0]
  getVersion(version)
  return {
    version: version[0]!,
    errorName,
    state(pid) {
      const state = [0]
      return getState(pid, state) === 0 ? STATES[state[0]!] : undefined
    },
    act(action, pid, lockTimeout) {
      const args = Buffer.alloc(ARGUMENT_BYTES)
      if (action === 'lock') args.writeUInt32LE(Math.round(lockTimeout * 1000), 0)
      return new Promise((resolve, reject) =>
        calls[action].async(pid, args, (error: Error | null, code: number) => {
          // the buffer must outlive the call
          if (error) reject(error)
          else resolve(args.length ? code : -1)
        }),
      )
    },
  }
}

type Library = ReturnType<typeof koffi.load>

function load(library: string): Library {
  try {
    return koffi.load(library)
  } catch (error) {
    throw new Error(`${library}: ${(error as Error).message}`)
  }
}

/** Its functions with the types that their prototypes say. */
const functionsOf = (cuda: Library) => ({
  init: cuda.func('int cuInit(unsigned int flags)') as (flags: number) => number,
  getVersion: cuda.func('int cuDriverGetVersion(_Out_ int *version)') as (version: number[]) => number,
  getErrorName: cuda.func('int cuGetErrorName(int code, _Out_ const char **name)') as (
    code: number,
    name: (string | null)[],
  ) => number,
  getState: cuda.func('int cuCheckpointProcessGetState(int pid, _Out_ int *state)') as (
    pid: number,
    state: number[],
  ) => number,
  calls: Object.fromEntries(
    ACTIONS.map(action => [
      action,
      cuda.func(`int cuCheckpointProcess${action[0]!.toUpperCase()}${action.slice(1)}(int pid, void *args)`),
    ]),
    // biome-ignore lint/suspicious/noExplicitAny: koffi types a function by its prototype, which is a string here
  ) as Record<CudaAction, KoffiFunc<any>>,
})
