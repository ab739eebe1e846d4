import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type CheckpointedProcess, freePagesId, pagesFile } from './checkpoint.ts'
import { formatImage, type ImageFile } from './image-file.ts'
import { PAGE } from './memory-map.ts'
import { type Copy, copyInto, freeOthers, type Moving } from './page-file.ts'
import { type PageRun, writePagemap } from './pagemap.ts'

/** Puts an image in the place of another in one step: readers see the old one or the new one, never half of one. */
export async function replaceImage(path: string, image: ImageFile): Promise<void> {
  await writeBeside(path, file => file.writeFile(formatImage(image)))
}

/** Writes a file under another name and renames it when it is complete; when that fails, nothing is left. */
export async function writeBeside(
  path: string,
  write: (file: FileHandle) => Promise<void>,
  mode = 0o644,
): Promise<void> {
  const part = `${path}.part`
  try {
    const file = await open(part, 'w', mode)
    try {
      await write(file)
    } finally {
      await file.close()
    }
    await rename(part, path)
  } catch (error) {
    await rm(part, { force: true })
    throw error
  }
}

/**
 * Keeps only some of a process's dumped pages. They go into a new file of pages under a new number; the pagemap that
 * names it takes the old one's place in one step, then the old file goes. Whenever this stops, the folder restores,
 * unless pages move.
 * @param runs those that stay, with `at` as in the old file
 */
export async function keepPages(
  folder: string,
  process: CheckpointedProcess,
  runs: readonly PageRun[],
  moving: Moving = {},
): Promise<void> {
  const pagesId = freePagesId(folder)
  const copies: Copy[] = []
  let at = 0
  const kept = runs.map((run): PageRun => {
    if (run.at < 0) return run
    copies.push({ from: run.at * PAGE, to: at * PAGE, bytes: run.pages * PAGE })
    at += run.pages
    return { ...run, at: at - run.pages }
  })
  const old = pagesFile(folder, process.pagemap.pagesId)
  const pages = pagesFile(folder, pagesId)
  try {
    if (moving.move) await freeOthers(old, copies)
    await writeBeside(pages, file => copyInto(old, file, merged(copies), moving))
    await replaceImage(
      join(folder, `pagemap-${process.pid}.img`),
      writePagemap(process.pagemapImage, { pagesId, runs: kept }),
    )
  } catch (error) {
    await rm(pages, { force: true })
    throw error
  }
  await rm(old)
}

/** Neighbours in both files are one copy: many runs have few pages. */
export function merged(copies: readonly Copy[]): Copy[] {
  const out: Copy[] = []
  for (const copy of copies) {
    const last = out.at(-1)
    if (last && last.from + last.bytes === copy.from && last.to + last.bytes === copy.to) last.bytes += copy.bytes
    else out.push({ ...copy })
  }
  return out
}
