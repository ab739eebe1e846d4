import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { ownFolder, removeTree, whole } from './folder.ts'

/** No process ever has this number: it is above the kernel's largest. */
const DEAD = 4_194_305

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'folder-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
})

const build = (text: string, final: string) => async (part: string) => {
  mkdirSync(part)
  writeFileSync(join(part, 'file'), text)
  return final
}

test('the folder appears under its name when it is whole, and replaces the one before', async () => {
  const final = join(folder, 'criu-1')
  await whole(join(folder, 'criu'), build('first', final))
  await whole(join(folder, 'criu'), build('second', final))
  expect(readFileSync(join(final, 'file'), 'utf8')).toBe('second')
  expect(readdirSync(folder)).toEqual(['criu-1'])
})

test('a build that fails leaves nothing, and what stood there stays', async () => {
  const final = join(folder, 'criu-1')
  await whole(join(folder, 'criu'), build('first', final))
  await expect(
    whole(join(folder, 'criu'), async part => {
      mkdirSync(part)
      expect(existsSync(part)).toBe(true)
      throw new Error('no room')
    }),
  ).rejects.toThrow('no room')
  expect(readFileSync(join(final, 'file'), 'utf8')).toBe('first')
  expect(readdirSync(folder)).toEqual(['criu-1'])
})

test('what a killed build left goes; its neighbours stay, and what another process builds', async () => {
  mkdirSync(join(folder, `criu.part-${DEAD}/usr`), { recursive: true })
  mkdirSync(join(folder, `criu-other.part-${DEAD}`))
  mkdirSync(join(folder, 'criu.part-1'))
  await whole(join(folder, 'criu'), build('new', join(folder, 'criu-1')))
  expect(readdirSync(folder).sort()).toEqual(['criu-1', `criu-other.part-${DEAD}`, 'criu.part-1'])
})

test('a tree with a mount in it is never removed', async () => {
  // /proc is mounted on every Linux; the refusal comes before anything is touched.
  await expect(removeTree('/proc')).rejects.toThrow(/\/proc is not removed, because .*is mounted in it/)
})

test('a state folder that others can write is refused', () => {
  const open = join(folder, 'open')
  mkdirSync(open)
  expect(ownFolder(open)).toBe(open)
  rmSync(open, { recursive: true })
  mkdirSync(open)
  chmodSync(open, 0o777)
  expect(() => ownFolder(open)).toThrow(/can be written by others .*mode 777/)
})
