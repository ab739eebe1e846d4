import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/**
 * A word in the environment of a program: whatever it starts inherits it, and is found by it when the program itself
 * has ended.
 */
const VARIABLE = 'CRIU_GPU_BENCH_PROGRAM'

/** An environment variable that no other program has. */
export const newMark = (): Record<string, string> => ({ [VARIABLE]: randomUUID() })

/** Processes with this mark whose output is a socket, as node gives one to a program whose output it reads. */
export function markedWithOutput(mark: Record<string, string>): number[] {
  const [word] = Object.entries(mark).map(pair => pair.join('='))
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number)
    .filter(pid => pid !== process.pid && environment(pid).includes(word!) && [1, 2].some(fd => isSocket(pid, fd)))
}

function environment(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
  } catch {
    // gone, or somebody else's
    return []
  }
}

function isSocket(pid: number, fd: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith('socket:')
  } catch {
    return false
  }
}
