import {
  linkSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type FileStamps, findChange, stampedBytes, stampFiles, stampFolder } from './file-stamps.ts'

let folder: string, first: string, second: string, stamps: FileStamps
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stamps-'))
  first = join(folder, 'pages-1.img')
  second = join(folder, 'pages-2.img')
  for (const path of [first, second]) {
    writeFileSync(path, 'content')
    // long ago: the clock of a file system ticks in milliseconds
    utimesSync(path, 1, 1)
  }
  stamps = stampFiles([first, second])
})
afterEach(() => rmSync(folder, { recursive: true }))

it('takes all files of a folder', () => expect(stampFolder(folder)).toEqual(stamps))

it('knows how large they were, whatever became of them', () => {
  rmSync(first)
  truncateSync(second, 1)
  expect(stampedBytes(stamps)).toBe(2 * 'content'.length)
})

it('is content with files that were read, linked and renamed to and fro', () => {
  readFileSync(first)
  linkSync(first, join(folder, 'link'))
  renameSync(second, join(folder, 'elsewhere'))
  renameSync(join(folder, 'elsewhere'), second)
  expect(findChange(stamps)).toBeUndefined()
})

it('tells a file that is gone', () => {
  rmSync(second)
  expect(findChange(stamps)).toBe(
    'pages-2.img has been damaged since the checkpoint was taken: it is gone, it had 7 bytes\nRun again: that takes ' +
      `a new checkpoint. If it happens again, find out what writes to ${folder}, and check that ` +
      'memory or disk (dmesg, df).',
  )
})

it('tells one that was cut short', () => {
  truncateSync(first, 3)
  expect(findChange(stamps)).toMatch(
    /^pages-1\.img has been damaged since the checkpoint was taken: it has 3 bytes, it had 7 bytes$/m,
  )
})

it('tells one that was written to, size or not', () => {
  writeFileSync(second, 'kontent')
  expect(findChange(stamps)).toMatch(
    /^pages-2\.img has been damaged since the checkpoint was taken: it was written to$/m,
  )
})

it('does not take what is not there for a file', () => {
  expect(() => stampFiles([join(folder, 'none')])).toThrow('ENOENT')
})
