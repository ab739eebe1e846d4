import { closeSync, lstatSync, mkdirSync, openSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { Problem } from '../core/problem.ts'

/**
 * A folder for what holds a process's memory: made where it is missing, and its owner's alone.
 * @throws Problem where somebody else made it, or may look into it: CHECKPOINT_DIR can lie where everybody may write,
 *   such as /dev/shm
 */
export function privateFolder(path: string): string {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const { uid, mode } = lstatSync(path)
  const isFolder = (mode & 0o170000) === 0o040000
  if (isFolder && uid === process.getuid?.() && (mode & 0o077) === 0) return path
  const wrong = isFolder
    ? `others can access it (uid ${uid}, mode ${(mode & 0o7777).toString(8)})`
    : 'it is not a folder'
  throw new Problem(
    `${path} is for the memory of processes, and ${wrong}\nRemove it, or chmod 700 it if it is yours; in ` +
      'CHECKPOINT_DIR and STATE_DIR this name belongs to the suite.',
  )
}

/**
 * An empty file that its owner alone can read, for a program to fill; its folder is made. What stood there is replaced:
 * a link would be followed.
 */
export function privateFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  rmSync(path, { force: true })
  closeSync(openSync(path, 'wx', 0o600))
}
