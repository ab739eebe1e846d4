import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * Copies files as they are now into a new folder.
 * @returns a function that restores their contents, in place, where they have changed since; one that is gone is
 * recreated
 * @throws what the system says of a file that is not there, or where there is no room
 */
export function keepFiles(paths: string[], folder: string): () => void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const kept = paths.map((path, index) => ({ path, copy: join(folder, String(index)) }))
  for (const { path, copy } of kept) copyFileSync(path, copy)
  return () => {
    for (const { path, copy } of kept) {
      if (existsSync(path) && readFileSync(path).equals(readFileSync(copy))) continue
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
      copyFileSync(copy, path)
    }
  }
}
