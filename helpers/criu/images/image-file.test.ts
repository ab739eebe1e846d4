import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatImage, MAGIC, parseImage, readImage } from './image-file.ts'
import { RECORDED } from './recorded.ts'
import { ImageError } from './wire.ts'

const kinds = Object.keys(MAGIC) as (keyof typeof MAGIC)[]
const recorded = ['tiny', 'llama-server']
  .flatMap(folder =>
    readdirSync(join(RECORDED, folder)).map(name => ({
      path: join(RECORDED, folder, name),
      kind: kinds.find(kind => kind === name.split(/[-.]/)[0]),
    })),
  )
  .filter((image): image is { path: string; kind: (typeof kinds)[number] } => image.kind !== undefined)

test.each(recorded)('$path is written as it was read', ({ path, kind }) => {
  const bytes = readFileSync(path)
  expect(Buffer.from(formatImage(parseImage(bytes, kind))).equals(bytes)).toBe(true)
})

test('there are images of every kind', () => {
  expect(new Set(recorded.map(({ kind }) => kind))).toEqual(new Set(kinds))
})

test('an image of another kind is named', () => {
  expect(() => readImage(join(RECORDED, 'tiny', 'mm-1.img'), 'pagemap')).toThrow(
    /mm-1\.img: no pagemap image: it begins with 19435654/,
  )
})

test('an image that was cut anywhere is an ImageError, or a shorter image', () => {
  const bytes = readFileSync(join(RECORDED, 'tiny', 'mm-1.img'))
  for (let length = 9; length < bytes.length; length++)
    expect(() => parseImage(bytes.subarray(0, length), 'mm')).toThrow(ImageError)
})

test('bytes changed anywhere give an image or an ImageError', () => {
  const bytes = readFileSync(join(RECORDED, 'tiny', 'files.img'))
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, value) => {
      const changed = Buffer.from(bytes)
      changed[at] = value
      try {
        parseImage(changed, 'files')
      } catch (error) {
        expect(error).toBeInstanceOf(ImageError)
      }
    }),
  )
})
