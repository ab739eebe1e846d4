import { now } from '../core/clock.ts'
import { Problem } from '../core/problem.ts'
import type { Cuda } from './cuda.ts'

type Steps = Pick<Cuda, 'lock' | 'checkpoint' | 'restore' | 'unlock'>

/**
 * Moves the GPU state of several processes to host memory and back once. The driver takes a checkpoint of memory that
 * other processes' GPUs map, and fails only at its restore: what is not tried before the dump is lost after it.
 * @param remedy what makes the state one that comes back
 * @returns seconds that both ways took
 * @throws Problem where it does not come back; the processes cannot be used any more then
 */
export async function rehearse(cuda: Steps, pids: number[], remedy: string): Promise<number> {
  const began = now()
  await cuda.lock(pids)
  try {
    await cuda.checkpoint(pids)
    await cuda.restore(pids)
    await cuda.unlock(pids)
  } catch (error) {
    throw new Problem(
      `a checkpoint of these ${pids.length} CUDA processes cannot come back, so none is taken: ` +
        `${(error as Error).message}\n${remedy}`,
    )
  }
  return now() - began
}
