import { createHash } from 'node:crypto'
import { closeSync, cpSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { pagesFile, readCheckpoint } from './checkpoint.ts'
import { PAGE, STATUS } from './memory-map.ts'
import { readRegularFiles } from './regular-files.ts'

/** For tests: recorded images, and what they say the memory is. */
export const RECORDED = join(import.meta.dirname, 'recorded')

/**
 * A folder with a copy of the recorded checkpoint of tiny.c, for a test to change; it goes when the test's scope ends.
 */
export function tinyCheckpoint(): { folder: string; parent: string } & Disposable {
  const parent = mkdtempSync(join(tmpdir(), 'criu-images-'))
  const folder = join(parent, 'images')
  cpSync(join(RECORDED, 'tiny'), folder, { recursive: true })
  rmSync(join(folder, 'pages-1.img.gz'))
  writeFileSync(join(folder, 'pages-1.img'), gunzipSync(readFileSync(join(RECORDED, 'tiny', 'pages-1.img.gz'))))
  return { folder, parent, [Symbol.dispose]: () => rmSync(parent, { recursive: true, force: true }) }
}

/**
 * The pages with content that a restore would bring back, as `PID ADDRESS` and a digest: those in the files of pages
 * over those in mapped files.
 * @param mapped path in the container → path on the host; other files are not looked into
 */
export function memoryOf(folder: string, mapped: Record<string, string> = {}): Record<string, string> {
  const { processes, files } = readCheckpoint(folder)
  const paths = new Map(readRegularFiles(files).map(({ id, path }) => [id, mapped[path]]))
  const memory: Record<string, string> = {}
  const put = (pid: number, address: number, page: Uint8Array) => {
    if (page.some(byte => byte))
      memory[`${pid} ${address.toString(16)}`] = createHash('sha256').update(page).digest('hex')
  }
  for (const { pid, vmas, pagemap } of processes) {
    for (const vma of vmas) {
      const path = vma.status & STATUS.filePrivate ? paths.get(vma.file) : undefined
      if (!path) continue
      const content = Buffer.alloc(vma.end - vma.start)
      const file = openSync(path, 'r')
      readSync(file, content, 0, content.length, vma.offset)
      closeSync(file)
      for (let at = 0; at < content.length; at += PAGE) put(pid, vma.start + at, content.subarray(at, at + PAGE))
    }
    const pages = readFileSync(pagesFile(folder, pagemap.pagesId))
    for (const run of pagemap.runs) {
      for (let page = 0; page < run.pages; page++)
        put(pid, run.address + page * PAGE, pages.subarray((run.at + page) * PAGE, (run.at + page + 1) * PAGE))
    }
  }
  return memory
}
