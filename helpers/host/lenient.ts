import { readdirSync, readFileSync } from 'node:fs'

/** For what may be gone at any moment, as in /proc, or may not be there on this host. */

/** Names in a folder; [] where it cannot be read. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/** What a file holds; '' where it cannot be read. */
export function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
