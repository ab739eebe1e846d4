import { mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { Problem } from '../core/problem.ts'
import { type Lock, tryLock } from './lock.ts'

/**
 * One run at a time: two would measure each other, and each would take the other's containers for leftovers. The kernel
 * holds the locks, so that neither a killed run nor a process that got its number stands in the way.
 * @param paths a file for everything that runs must not share
 * @returns releases them
 * @throws Problem naming the process that holds one
 */
export function lockRun(paths: string[]): () => void {
  const held: Lock[] = []
  const release = () => {
    for (const lock of held.splice(0)) lock.release()
  }
  for (const path of paths) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    const lock = tryLock(path)
    if (!lock) {
      release()
      throw new Problem(
        `another run is under way (process ${readFileSync(path, 'utf8')} holds ${path}); two at once would ` +
          'distort each other\nWait for it, or end it; a second suite on this host needs its own STATE_DIR, ' +
          'CHECKPOINT_DIR and API_PORT.',
      )
    }
    held.push(lock)
  }
  return release
}
