import { expect, test } from 'vitest'
import type { ImageFile } from './image-file.ts'
import { Message } from './message.ts'
import { addRegularFile, freeFileId, readRegularFiles, regularFile } from './regular-files.ts'

const owner = new Message().with(1, 7)
const open = new Message().with(1, 4).with(5, owner).with(6, '/usr/bin/server').with(8, 100).with(10, 0o100755)
const entries = [
  new Message().with(1, 1).with(2, 4).with(3, open),
  // an epoll descriptor: no regular file, and its id is taken all the same
  new Message().with(1, 5).with(2, 9),
]
const image: ImageFile = { magics: [], entries } as unknown as ImageFile

test('regular files alone are read', () => {
  expect(readRegularFiles(image).map(({ id, path }) => [id, path])).toEqual([[4, '/usr/bin/server']])
})

test('one is added under an id that nothing has, with the owner of one that is there', () => {
  const [like] = readRegularFiles(image)
  const id = freeFileId(image)
  expect(id).toBe(10)
  const file = regularFile(like!.message, { path: '/pages', mount: 12, size: 4096, mode: 0o100600 })
  const more = addRegularFile(image, id, file)
  const added = readRegularFiles(more).find(one => one.id === id)!
  expect(added.path).toBe('/pages')
  expect([added.message.number(1), added.message.number(8), added.message.number(10)]).toEqual([10, 4096, 0o100600])
  expect(added.message.message(5)?.number(1)).toBe(7)
  expect(readRegularFiles(image)).toHaveLength(1)
  expect(freeFileId(more)).toBe(11)
})

test('without a mount, and without an owner to take, it can be written too', () => {
  const file = regularFile(new Message(), { path: '/pages', mount: undefined, size: 1, mode: 0o100600 })
  expect(file.fields.some(({ number }) => number === 7)).toBe(false)
  expect(file.message(5)?.fields.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5])
})
