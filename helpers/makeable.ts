import { resolve } from 'node:path'
import { Problem } from './problem.ts'

/** Node's mkdir with `recursive` never returns below /proc, where nobody can make a folder: such a path is refused before. */
export const MAKEABLE = 'a path outside /proc'
export const isMakeable = (path: string): boolean => !/^\/proc(\/|$)/.test(resolve(path))

/** @throws Problem naming what received the path, such as `--out` */
export function checkMakeable(what: string, path: string): void {
  if (!isMakeable(path)) throw new Problem(`${what}: received ${JSON.stringify(path)}, allowed is ${MAKEABLE}`)
}
