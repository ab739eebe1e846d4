import { mkdirSync, readdirSync, statSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { Problem } from '../core/problem.ts'
import { mounts } from '../host/mounts.ts'
import { isLeftPart, partOf } from '../host/part.ts'

/**
 * Folders that are whole or not there: built under another name (part.ts) and renamed when done.
 */

/** Removes a tree. @throws Problem when something is mounted in it, which would be emptied as well */
export async function removeTree(path: string): Promise<void> {
  const mounted = mounts()
    .map(({ point }) => point)
    .filter(point => point === path || point.startsWith(`${path}/`))
  if (mounted.length)
    throw new Problem(
      `set-up: ${path} is not removed, because ${mounted.join(', ')} is mounted in it\nUnmount it (umount ` +
        `${mounted.at(-1)}) and run npm run setup again.`,
    )
  await rm(path, { recursive: true, force: true })
}

/** Removes what broken-off builds of `target` left; what another living process builds stays. */
export async function removeParts(target: string): Promise<void> {
  let entries: string[] = []
  try {
    entries = readdirSync(dirname(target))
  } catch {}
  const parts = entries.filter(entry => entry.startsWith(`${basename(target)}.part-`))
  for (const path of parts.map(entry => join(dirname(target), entry))) if (isLeftPart(path)) await removeTree(path)
}

/**
 * Calls `build` with an unused folder name and gives what it built the name that it returns, in the place of what had
 * it.
 * @param target path that the part's name derives from
 * @param build fills the part; returns the final path, on the same file system
 */
export async function whole(target: string, build: (part: string) => Promise<string>): Promise<string> {
  await mkdir(dirname(target), { recursive: true })
  await removeParts(target)
  const part = partOf(target)
  try {
    const final = await build(part)
    await removeTree(final)
    await rename(part, final)
    return final
  } finally {
    await removeTree(part)
  }
}

/**
 * The state folder, made where it is missing: root's alone to write, because root runs programs from it.
 * @throws Problem when somebody else could put a program there
 */
export function ownFolder(path: string): string {
  try {
    mkdirSync(path, { recursive: true, mode: 0o755 })
  } catch (error) {
    throw new Problem(
      `set-up: ${path} cannot be created: ${(error as Error).message}\nName another folder with STATE_DIR.`,
    )
  }
  const { uid, mode } = statSync(path)
  if (uid !== process.getuid?.() || mode & 0o022)
    throw new Problem(
      `set-up: ${path} can be written by others (uid ${uid}, mode ${(mode & 0o7777).toString(8)}), and ` +
        `root runs programs from it\nName another folder with STATE_DIR, or: chown root ${path}; chmod 755 ` +
        `${path}`,
    )
  return path
}
