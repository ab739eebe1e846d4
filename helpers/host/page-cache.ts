import { closeSync, fsyncSync, openSync, readdirSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import koffi from 'koffi'

/** POSIX_FADV_DONTNEED: the kernel may forget the pages of this file. Source: posix_fadvise(2), linux/fadvise.h. */
const DONT_NEED = 4
let fadvise: ((fd: number, offset: number, length: number, advice: number) => number) | undefined

/**
 * Takes files, and all below folders, out of the page cache; pages that a process maps stay. Needs no root, touches no
 * other file's pages.
 */
export function dropFromPageCache(paths: string[]): void {
  fadvise ??= koffi.load('libc.so.6').func('int posix_fadvise(int fd, int64_t offset, int64_t length, int advice)')
  eachFile(paths, fd => {
    writeOut(fd)
    fadvise!(fd, 0, 0, DONT_NEED)
  })
}

/** Reads files, and all below folders, once so that they lie in the page cache. */
export function readIntoPageCache(paths: string[]): void {
  const chunk = Buffer.allocUnsafe(1 << 22)
  eachFile(paths, fd => {
    while (readSync(fd, chunk) > 0);
  })
}

/** All regular files below a path, or the path itself where it is one. Links are not followed. */
function filesBelow(path: string): string[] {
  if (statSync(path).isFile()) return [path]
  return readdirSync(path, { withFileTypes: true, recursive: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
}

function eachFile(paths: string[], use: (fd: number) => void): void {
  for (const file of paths.flatMap(filesBelow)) {
    const fd = unless('ENOENT', () => openSync(file, 'r'))
    // the host's own programs may have taken it away since: Python's byte code, say
    if (fd === undefined) continue
    try {
      use(fd)
    } finally {
      closeSync(fd)
    }
  }
}

/**
 * What was just written stays in the page cache until it is on disk. A file system that is never written to, such as
 * squashfs, answers EINVAL.
 */
const writeOut = (fd: number) => unless('EINVAL', () => fsyncSync(fd))

/** Undefined where it fails with that code. */
function unless<T>(code: string, action: () => T): T | undefined {
  try {
    return action()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== code) throw error
  }
}
