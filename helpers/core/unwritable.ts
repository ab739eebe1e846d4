import { Problem } from './problem.ts'

/**
 * What a run measures can no longer be kept: it stops, rather than measure for nothing. Told by its
 * name across processes.
 */
export class Unwritable extends Problem {
  override name = 'Unwritable'
}

/** Why the system refuses, and what to do. */
const REASONS: Record<string, [why: string, remedy: string]> = {
  ENOSPC: ['no space is left on its disk', 'Make room there'],
  EDQUOT: ['the disk quota is used up', 'Make room there'],
  EROFS: ['its file system is read-only', 'Make it writable'],
  EACCES: ['permission denied', 'Make it writable'],
}

/** Ends the remedy where a run has not begun. */
export const ELSEWHERE = ', or name another folder with RESULTS_DIR.'

/**
 * Does what writes at `path`. @param more ends the remedy @throws Unwritable where the system refuses, naming the path
 * and why
 */
export function writing<T>(path: string, write: () => T, more = '.'): T {
  try {
    return write()
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (!code || error instanceof Problem) throw error
    const [why, remedy] = REASONS[code] ?? [message, 'Check its disk']
    throw new Unwritable(`${path} cannot be written: ${why}. ${remedy}${more}`, { cause: error })
  }
}
