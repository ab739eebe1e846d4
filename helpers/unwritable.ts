import { Problem } from './problem.ts'

/** What a run measures can no longer be kept: it stops, rather than measure for nothing. Told by its name across processes. */
export class Unwritable extends Problem { override name = 'Unwritable' }

const REASONS: Record<string, string> = {
  ENOSPC: 'no space is left on its disk', EDQUOT: 'the disk quota is used up', EROFS: 'its file system is read-only', EACCES: 'permission denied',
}

/** Does what writes at `path`. @throws Unwritable where the system refuses, naming the path and why */
export function writing<T>(path: string, write: () => T, remedy = 'Make room there, then: npm run report -- RUN'): T {
  try {
    return write()
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (!code || error instanceof Problem) throw error
    throw new Unwritable(`${path} cannot be written: ${REASONS[code] ?? message}\n${remedy}`, { cause: error })
  }
}
