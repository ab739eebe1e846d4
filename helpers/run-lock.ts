import { mkdirSync, openSync, closeSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { Problem } from './problem.ts'
import { isAlive } from './processes.ts'

/**
 * One run at a time: two would measure each other.
 * @returns releases it
 * @throws Problem naming the process that holds it
 */
export function lockRun(path: string): () => void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  for (let attempt = 0; ; attempt++) {
    try {
      const fd = openSync(path, 'wx', 0o600)
      writeSync(fd, String(process.pid))
      closeSync(fd)
      return () => {
        if (holder(path) === process.pid) rmSync(path, { force: true })
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      const pid = holder(path)
      if (pid && isAlive(pid) || attempt > 3) throw new Problem(`another run is under way (process ${pid}); two at once would measure each other. Wait for it, or end it: kill ${pid}`)
      rmSync(path, { force: true })
    }
  }
}

function holder(path: string): number {
  try {
    return Number(readFileSync(path, 'utf8'))
  } catch {
    return 0
  }
}
