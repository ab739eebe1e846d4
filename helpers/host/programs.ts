import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Where root's programs stand, also when a user's PATH leaves them out. */
export const SBIN = ['/usr/local/sbin', '/usr/sbin', '/sbin']

/** Where a program stands on PATH or in `also`; undefined when nowhere. Relative folders of PATH do not count. */
export function whereIs(program: string, also = SBIN, path = process.env.PATH ?? ''): string | undefined {
  return [...path.split(delimiter), ...also]
    .filter(folder => folder.startsWith('/'))
    .map(folder => join(folder, program))
    .find(isProgram)
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}
