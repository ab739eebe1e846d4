import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** Where install.sh of a bundle leaves what set-up would fetch: a link to its folder. */
const FOLDER = 'bundled'

/** A file that came with a bundle; undefined where none did. */
export function bundled(stateDir: string, file: string): string | undefined {
  const path = join(stateDir, FOLDER, file)
  return existsSync(path) ? path : undefined
}
