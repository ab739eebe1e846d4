import { now, pause } from '../core/clock.ts'
import { type CudaAction, type CudaState, type Driver, loadDriver } from './driver.ts'

/**
 * The helper process: it has done cuInit (0.1 to 1 s) before anything is measured, and serves calls until its parent
 * lets go of it. Started by helpers/cuda/cuda.ts with the library as its only argument.
 */

export interface Request {
  id: number
  pids: number[]
  action: CudaAction | 'state'
  lockTimeout: number /** Seconds to wait for a process to show CUDA state. */
  patience: number
}
export interface Result {
  pid: number
  code: number
  name?: string
  seconds: number
  state?: CudaState
}
export type Reply =
  | { ready: { version: number } }
  | { refused: string; code?: number }
  | { id: number; results: Result[] }

const send = (reply: Reply) => process.send?.(reply)

async function act(driver: Driver, { action, lockTimeout, patience }: Request, pid: number): Promise<Result> {
  const began = now()
  let state = driver.state(pid)
  while (state === undefined && now() - began < patience) {
    await pause(0.001)
    state = driver.state(pid)
  }
  if (action === 'state') return { pid, code: 0, seconds: now() - began, ...(state && { state }) }
  const code = await driver.act(action, pid, lockTimeout)
  const name = code === 0 ? undefined : driver.errorName(code)
  return { pid, code, ...(name && { name }), seconds: now() - began }
}

try {
  const driver = loadDriver(process.argv[2]!)
  process.on('message', (request: Request) => {
    void Promise.all(request.pids.map(pid => act(driver, request, pid))).then(results =>
      send({ id: request.id, results }),
    )
  })
  process.on('disconnect', () => process.exit(0))
  send({ ready: { version: driver.version } })
} catch (error) {
  send({
    refused: (error as Error).message,
    ...((error as { code?: number }).code !== undefined && { code: (error as { code?: number }).code }),
  })
  process.disconnect?.()
}
