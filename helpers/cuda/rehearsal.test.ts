import { expect, test } from 'vitest'
import { Problem } from '../core/problem.ts'
import { rehearse } from './rehearsal.ts'

/** A driver that notes its steps and refuses one of them. */
function driver(refused?: string) {
  const steps: string[] = []
  const step = (name: string) => async (pids: number[]) => {
    steps.push(`${name} ${pids.join()}`)
    if (name === refused) throw new Problem(`CUDA ${name} failed: process 7 (rank 1): CUDA_ERROR (801)`)
    return []
  }
  return { steps, lock: step('lock'), checkpoint: step('checkpoint'), restore: step('restore'), unlock: step('unlock') }
}

test('all processes go away together and come back', async () => {
  const cuda = driver()
  expect(await rehearse(cuda, [6, 7], 'none')).toBeGreaterThanOrEqual(0)
  expect(cuda.steps).toEqual(['lock 6,7', 'checkpoint 6,7', 'restore 6,7', 'unlock 6,7'])
})

test.for(['checkpoint', 'restore', 'unlock'])('a %s that is refused: the cause by process, and the remedy', refused =>
  expect(rehearse(driver(refused), [6, 7], 'Use sockets.')).rejects.toThrow(
    'a checkpoint of these 2 CUDA processes cannot come back, so none is taken: ' +
      `CUDA ${refused} failed: process 7 (rank 1): CUDA_ERROR (801)\nUse sockets.`,
  ),
)

test('a server that is busy is not one that cannot come back', () =>
  expect(rehearse(driver('lock'), [6, 7], 'Use sockets.')).rejects.toThrow(/^CUDA lock failed: [^\n]*$/))
