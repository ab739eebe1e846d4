import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readImage } from './image-file.ts'
import { Message } from './message.ts'
import { cutAt, presentPages, readPagemap, slicePages, writePagemap } from './pagemap.ts'
import { RECORDED } from './recorded.ts'
import { ImageError } from './wire.ts'

const image = readImage(join(RECORDED, 'tiny', 'pagemap-1.img'), 'pagemap')
const pagemap = readPagemap(image)

test('runs follow one another in the file of pages', () => {
  expect(pagemap.pagesId).toBe(1)
  expect(pagemap.runs.map(({ address, pages, at }) => [address.toString(16), pages, at])).toMatchInlineSnapshot(`
    [
      [
        "401000",
        1,
        0,
      ],
      [
        "10000000",
        25,
        1,
      ],
      [
        "1b082000",
        2,
        26,
      ],
      [
        "7f05501c4000",
        2,
        28,
      ],
      [
        "7ffc9d8fc000",
        1,
        30,
      ],
    ]
  `)
  expect(presentPages(pagemap.runs)).toBe(31)
})

test('a part of a run says so in its message', () => {
  const run = pagemap.runs.find(({ pages }) => pages > 20)!
  const part = slicePages(run, 3, 20)
  expect(part).toMatchObject({ address: run.address + 3 * 4096, pages: 20, at: run.at + 3 })
  expect(readPagemap(writePagemap(image, { pagesId: 9, runs: [part] }))).toMatchObject({
    pagesId: 9,
    runs: [{ address: part.address, pages: 20 }],
  })
})

test('pages of a parent image are not in the file of pages', () => {
  const entry = (address: number, flags: Message) => flags.with(1, address).with(2, 2)
  const { runs } = readPagemap({
    head: new Uint8Array(8),
    entries: [
      new Message().with(1, 1),
      entry(0, new Message().with(4, 4)),
      entry(8192, new Message().with(4, 1)),
      entry(16384, new Message().with(3, 1)),
      entry(24576, new Message()),
    ],
  })
  expect(runs.map(({ at }) => at)).toEqual([0, -1, -1, 2])
})

test('runs are cut where mappings end', () => {
  const run = { address: 0, pages: 10, at: 5, message: new Message().with(2, 10) }
  const pieces = cutAt(
    [run],
    address => (address < 3 * 4096 ? 0 : 1),
    index => [3, 20][index]! * 4096,
  )
  expect(pieces.map(({ run: { address, pages, at }, index }) => [address / 4096, pages, at, index])).toEqual([
    [0, 3, 5, 0],
    [3, 7, 8, 1],
  ])
})

test('a run that lies in no memory is an ImageError', () => {
  const [head, run] = image.entries
  for (const wrong of [run!.with(1, 4097), run!.with(1, 2n ** 63n), run!.with(5, 2n ** 60n)])
    expect(() => readPagemap({ ...image, entries: [head!, wrong] })).toThrow(ImageError)
})
