import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

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
  try {
    return readdirSync(`/proc/${pid}/fdinfo`).flatMap(fd => lockedFile(pid, fd) ?? [])
  } catch {
    return []
  }
}

/** Undefined where the descriptor has no lock, or was closed meanwhile. */
function lockedFile(pid: number, fd: string): string | undefined {
  try {
    if (!/^lock:[ \t]/m.test(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8'))) return undefined
    return readlinkSync(`/proc/${pid}/fd/${fd}`)
  } catch {
    return undefined
  }
}
