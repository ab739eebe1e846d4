import {
  appendFileSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { keepFiles } from './kept-files.ts'

let folder: string
let log: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kept-'))
  mkdirSync(join(folder, 'cache'))
  log = join(folder, 'cache/jit.log')
  writeFileSync(log, 'as it was\n')
})
afterEach(() => rmSync(folder, { recursive: true }))

const keep = (paths = [log]) => keepFiles(paths, join(folder, 'kept'))

test('what was written to, shortened or removed is as it was, more than once', () => {
  const other = join(folder, 'cache/other')
  writeFileSync(other, '')
  const putBack = keep([log, other])
  appendFileSync(log, 'another start\n')
  writeFileSync(other, 'no longer empty')
  putBack()
  expect([readFileSync(log, 'utf8'), readFileSync(other, 'utf8')]).toEqual(['as it was\n', ''])
  truncateSync(log)
  putBack()
  expect(readFileSync(log, 'utf8')).toBe('as it was\n')
  rmSync(join(folder, 'cache'), { recursive: true })
  putBack()
  expect([readFileSync(log, 'utf8'), readFileSync(other, 'utf8')]).toEqual(['as it was\n', ''])
})

test('in place: whoever has it open to append goes on in the same file', () => {
  const putBack = keep()
  const { ino } = statSync(log)
  const open = openSync(log, 'a')
  writeSync(open, 'while it runs\n')
  putBack()
  writeSync(open, 'after it\n')
  closeSync(open)
  expect(readFileSync(log, 'utf8')).toBe('as it was\nafter it\n')
  expect(statSync(log).ino).toBe(ino)
})

test('one that did not change is not written', () => {
  const putBack = keep()
  const { mtimeNs } = statSync(log, { bigint: true })
  putBack()
  expect(statSync(log, { bigint: true }).mtimeNs).toBe(mtimeNs)
})

test('none: nothing is done', () => expect(keep([])).not.toThrow())

test('one that is not there', () => expect(() => keep([join(folder, 'nothing')])).toThrow(/ENOENT.*nothing/))
