import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import koffi from 'koffi'

/**
 * One set-up at a time: flock(2) on a file. The kernel frees it when its holder ends, however it ends,
 * so it is never stale.
 */

const LOCK_EX_NB = 2 | 4
const flock = koffi.load('libc.so.6').func('int flock(int fd, int operation)') as (
  fd: number,
  operation: number,
) => number

export interface Lock {
  release(): void
}

/** The lock, or undefined when another holds it. The file says who does. */
export function tryLock(file: string): Lock | undefined {
  const fd = openSync(file, 'a+', 0o600)
  if (flock(fd, LOCK_EX_NB) !== 0) {
    closeSync(fd)
    return undefined
  }
  ftruncateSync(fd)
  writeSync(fd, String(process.pid))
  return { release: () => closeSync(fd) }
}

/** Waits for the lock; `waiting` is called once, with the process id of its holder. */
export async function lock(file: string, waiting: (holder: string) => void, pause = 200): Promise<Lock> {
  for (let told = false; ; told = true) {
    const held = tryLock(file)
    if (held) return held
    if (!told) waiting(readFileSync(file, 'utf8'))
    await sleep(pause)
  }
}
