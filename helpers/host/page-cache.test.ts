import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import koffi from 'koffi'
import { afterAll, expect, test } from 'vitest'
import { dropFromPageCache, readIntoPageCache } from './page-cache.ts'

const folder = mkdtempSync(join(import.meta.dirname, '../../node_modules/.page-cache-'))
afterAll(() => rmSync(folder, { recursive: true }))

const BYTES = 1 << 20
/** TMPFS_MAGIC, linux/magic.h: its files have no other place than memory. */
const TMPFS = 0x01021994
const libc = koffi.load('libc.so.6')
const mmap = libc.func('void *mmap(void *address, size_t length, int protection, int flags, int fd, int64_t offset)')
const munmap = libc.func('int munmap(void *address, size_t length)')
const mincore = libc.func('int mincore(void *address, size_t length, _Out_ uint8_t *pages)')

/** Pages of a file of BYTES that lie in memory, as mincore(2) tells. */
function cached(file: string): number {
  const fd = openSync(file, 'r')
  const address = mmap(null, BYTES, 1, 1, fd, 0)
  const pages = Buffer.alloc(BYTES / 4096)
  expect(mincore(address, BYTES, pages)).toBe(0)
  munmap(address, BYTES)
  closeSync(fd)
  return pages.filter(page => page & 1).length
}

test.skipIf(statfsSync(folder).type === TMPFS)(
  'files and all below folders leave the page cache, just written ones too, and come back into it',
  () => {
    const file = join(folder, 'model')
    const below = join(folder, 'caches/python/module.pyc')
    mkdirSync(join(folder, 'caches/python'), { recursive: true })
    for (const path of [file, below]) writeFileSync(path, Buffer.alloc(BYTES, 1))
    const paths = [file, join(folder, 'caches')]
    expect([file, below].map(cached)).toEqual([256, 256])
    dropFromPageCache(paths)
    expect([file, below].map(cached)).toEqual([0, 0])
    readIntoPageCache(paths)
    expect([file, below].map(cached)).toEqual([256, 256])
  },
)

test('a file system that knows no fsync is no error', () => {
  dropFromPageCache(['/proc/version'])
})
