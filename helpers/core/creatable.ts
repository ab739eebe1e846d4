import { statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { Problem } from './problem.ts'

/**
 * Node's mkdir with `recursive` never returns below /proc, where nobody can make a folder: such a
 * path is refused before.
 */
export const CREATABLE = 'a path outside /proc'
export const isCreatable = (path: string): boolean => !/^\/proc(\/|$)/.test(resolve(path))

/** Whether a folder is there. */
export const isFolder = (path: string): boolean => kindOf(path)?.isDirectory() ?? false

/** Whether no file is there; false where one cannot look, as below a folder that only root may read. */
export function isNoFile(path: string): boolean {
  try {
    return !statSync(path).isFile()
  } catch (error) {
    return ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')
  }
}

/** The file that stands where a folder has to be: the path itself, or what it lies in. Undefined where none does. */
export function fileInTheWay(path: string): string | undefined {
  for (let at = resolve(path); at !== '/'; at = dirname(at)) {
    const found = kindOf(at)
    if (found) return found.isDirectory() ? undefined : at
  }
}

function kindOf(path: string) {
  try {
    return statSync(path)
  } catch {
    // it is made where it can be; who cannot look at it says so then
    return undefined
  }
}

/** @throws Problem naming what received the path, such as `--out` */
export function checkCreatable(what: string, path: string): void {
  const file = fileInTheWay(path)
  const allowed = file ? `a path for a folder, and ${file} is a file` : CREATABLE
  if (file || !isCreatable(path)) throw new Problem(`${what}: received ${JSON.stringify(path)}, allowed is ${allowed}`)
}
