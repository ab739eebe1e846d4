import { copyFileSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * Copies files as they are now into a new folder.
 * @returns what makes them so again, in place, whatever was written to them meanwhile; one that is gone is made anew
 * @throws what the system says of a file that is not there, or where there is no room
 */
export function keepFiles(paths: string[], folder: string): () => void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const kept = paths.map((path, index) => ({ path, copy: join(folder, String(index)) }))
  for (const { path, copy } of kept) copyFileSync(path, copy)
  return () => {
    for (const { path, copy } of kept) {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
      copyFileSync(copy, path)
    }
  }
}
