import { mkdirSync, readdirSync, rmdirSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { dropZeroPages } from './drop-zero-pages.ts'
import { memoryOf, tinyCheckpoint } from './recorded.ts'
import { ImageError } from './wire.ts'

test.each([{}, { move: true }])('twenty zero pages go, the memory stays: %o', async moving => {
  using checkpoint = tinyCheckpoint()
  const before = memoryOf(checkpoint.folder)
  expect(await dropZeroPages(checkpoint.folder, moving)).toEqual({ bytes: 31 * 4096, dropped: 20 * 4096 })
  expect(memoryOf(checkpoint.folder)).toEqual(before)
  expect(pageFiles(checkpoint.folder)).toEqual(['pages-2.img'])
  expect(statSync(join(checkpoint.folder, 'pages-2.img')).size).toBe(11 * 4096)
})

test('a second time there is nothing to drop', async () => {
  using checkpoint = tinyCheckpoint()
  await dropZeroPages(checkpoint.folder)
  expect(await dropZeroPages(checkpoint.folder)).toEqual({ bytes: 11 * 4096, dropped: 0 })
})

test('a failure before the pagemap is replaced leaves the folder as it was', async () => {
  using checkpoint = tinyCheckpoint()
  const before = readdirSync(checkpoint.folder)
  const memory = memoryOf(checkpoint.folder)
  mkdirSync(join(checkpoint.folder, 'pagemap-1.img.part'))
  await expect(dropZeroPages(checkpoint.folder)).rejects.toThrow('EISDIR')
  rmdirSync(join(checkpoint.folder, 'pagemap-1.img.part'))
  expect(readdirSync(checkpoint.folder)).toEqual(before)
  expect(memoryOf(checkpoint.folder)).toEqual(memory)
})

test('a file of pages that was cut is an ImageError', async () => {
  using checkpoint = tinyCheckpoint()
  truncateSync(join(checkpoint.folder, 'pages-1.img'), 4096)
  await expect(dropZeroPages(checkpoint.folder)).rejects.toThrow(ImageError)
})

test('a folder without a checkpoint is an ImageError', async () => {
  await expect(dropZeroPages('/nowhere')).rejects.toThrow('/nowhere holds no checkpoint')
})

const pageFiles = (folder: string) => readdirSync(folder).filter(name => name.startsWith('pages-'))
