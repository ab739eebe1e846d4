import { mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { copyInto, findZeroPages, freeOthers } from './page-file.ts'
import { ImageError } from './wire.ts'

let folder: string
let path: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'criu-images-'))
  path = join(folder, 'pages')
})
afterAll(() => rm(folder, { recursive: true }))

test('a page with one byte anywhere is no zero page', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.option(fc.nat(4095)), { minLength: 1, maxLength: 40 }), async places => {
      const pages = Buffer.alloc(places.length * 4096)
      for (const [page, place] of places.entries()) if (place !== null) pages[page * 4096 + place] = 1
      await writeFile(path, pages)
      expect([...(await findZeroPages(path, places.length))]).toEqual(places.map(place => (place === null ? 1 : 0)))
    }),
    { numRuns: 40 },
  )
})

test('more pages than are read at once are found and copied', async () => {
  const pages = Buffer.alloc(3000 * 4096)
  for (let page = 0; page < 3000; page += 7) pages.writeUInt32LE(page + 1, page * 4096 + 2048)
  await writeFile(path, pages)
  expect([...(await findZeroPages(path, 3000))].filter(flag => !flag)).toHaveLength(Math.ceil(3000 / 7))
  const target = await open(join(folder, 'copy'), 'w')
  await copyInto(path, target, [
    { from: 0, to: 4096, bytes: 2000 * 4096 },
    { from: 2000 * 4096, to: 2001 * 4096, bytes: 1000 * 4096 },
  ])
  await target.close()
  expect((await readFile(join(folder, 'copy'))).subarray(4096).equals(pages)).toBe(true)
})

test('a file with fewer pages than the pagemap says is an ImageError', async () => {
  await writeFile(path, Buffer.alloc(4096))
  await expect(findZeroPages(path, 2)).rejects.toThrow(
    new ImageError(`${path} ends at byte 4096, the pagemap names more pages`),
  )
})

test('a file that is missing, or shorter than a pagemap says by more than memory holds, is an ImageError', async () => {
  await expect(findZeroPages(join(folder, 'none'), 1)).rejects.toThrow(ImageError)
  await writeFile(path, Buffer.alloc(4096))
  await expect(findZeroPages(path, 2 ** 50)).rejects.toThrow(ImageError)
})

test('what moves takes memory once: each piece is freed where it was', async () => {
  const inMemory = await mkdtemp('/dev/shm/criu-images-')
  const [from, to] = [join(inMemory, 'from'), join(inMemory, 'to')]
  const pages = Buffer.alloc(4 * 4096, 'abcdefgh')
  await writeFile(from, pages)
  const held = async (path: string) => (await stat(path)).blocks * 512
  try {
    const copies = [
      { from: 3 * 4096, to: 0, bytes: 4096 },
      { from: 0, to: 4096, bytes: 4096 },
    ]
    await freeOthers(from, copies)
    expect(await held(from)).toBe(2 * 4096)
    await using target = await open(to, 'w')
    await copyInto(from, target, copies, { move: true })
    expect([await held(from), await held(to)]).toEqual([0, 2 * 4096])
    expect((await stat(from)).size).toBe(pages.length)
    expect(await readFile(to)).toEqual(pages.subarray(0, 2 * 4096))
  } finally {
    await rm(inMemory, { recursive: true })
  }
})

test('where nothing is needed all is freed, where all is needed nothing', async () => {
  const inMemory = await mkdtemp('/dev/shm/criu-images-')
  const file = join(inMemory, 'pages')
  try {
    await writeFile(file, Buffer.alloc(2 * 4096, 1))
    await freeOthers(file, [
      { from: 4096, bytes: 4096 },
      { from: 0, bytes: 4096 },
    ])
    expect(await readFile(file)).toEqual(Buffer.alloc(2 * 4096, 1))
    await freeOthers(file, [])
    expect(await readFile(file)).toEqual(Buffer.alloc(2 * 4096))
  } finally {
    await rm(inMemory, { recursive: true })
  }
})
