import { existsSync, readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'

/** The variables of `.env` in the working folder; none where there is no such file. Throws the system's error where it cannot be read. */
export function envFile(path = '.env'): Record<string, string | undefined> {
  return existsSync(path) ? parseEnv(readFileSync(path, 'utf8')) : {}
}
