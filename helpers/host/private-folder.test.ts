import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { privateFile, privateFolder } from './private-folder.ts'

const parent = mkdtempSync(join(tmpdir(), 'private-folder-'))
const at = (name: string) => join(parent, name)
afterAll(() => rmSync(parent, { recursive: true }))

test('is made for its owner alone, and taken again', () => {
  expect(privateFolder(at('new/one'))).toBe(at('new/one'))
  expect(statSync(at('new/one')).mode & 0o777).toBe(0o700)
  expect(privateFolder(at('new/one'))).toBe(at('new/one'))
})

test('one that others can enter is refused', () => {
  mkdirSync(at('open'))
  chmodSync(at('open'), 0o711)
  expect(() => privateFolder(at('open'))).toThrow(/others can access it \(uid \d+, mode 711\)/)
})

test('a link in its place is refused: root would write where it leads', () => {
  mkdirSync(at('elsewhere'), { mode: 0o700 })
  symlinkSync(at('elsewhere'), at('link'))
  expect(() => privateFolder(at('link'))).toThrow('it is not a folder')
})

test.skipIf(process.getuid?.() !== 0)('one that somebody else made is refused', () => {
  mkdirSync(at('theirs'), { mode: 0o700 })
  chownSync(at('theirs'), 65_534, 65_534)
  expect(() => privateFolder(at('theirs'))).toThrow('others can access it (uid 65534')
})

test('a file replaces the link that somebody laid in its place, and what that led to stays as it was', () => {
  writeFileSync(at('theirs.txt'), 'theirs')
  symlinkSync(at('theirs.txt'), at('archive.tar'))
  privateFile(at('archive.tar'))
  writeFileSync(at('archive.tar'), 'memory')
  expect(readFileSync(at('theirs.txt'), 'utf8')).toBe('theirs')
  expect(statSync(at('archive.tar')).mode & 0o777).toBe(0o600)
})
