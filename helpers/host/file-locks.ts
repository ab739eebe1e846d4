import { readlinkSync } from 'node:fs'
import { namesIn, textOf } from './lenient.ts'

/** A lock on a file (flock, fcntl or a lease), and a process that holds it. */
export interface FileLock {
  pid: number
  file: string
}

/** Locks that these processes hold, each file of a process once. A process that is gone holds none. */
export function locksOf(pids: number[]): FileLock[] {
  return pids.flatMap(pid => [...new Set(lockedFiles(pid))].map(file => ({ pid, file })))
}

function lockedFiles(pid: number): string[] {
  return namesIn(`/proc/${pid}/fdinfo`)
    .filter(fd => /^lock:[ \t]/m.test(textOf(`/proc/${pid}/fdinfo/${fd}`)))
    .flatMap(fd => fileOf(pid, fd) ?? [])
}

/** Undefined where the descriptor was closed meanwhile. */
function fileOf(pid: number, fd: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/fd/${fd}`)
  } catch {
    return undefined
  }
}
