import fc from 'fast-check'
import { expect, it, test } from 'vitest'
import { align, cutMiddle } from './text.ts'

test.each([
  ['podman-in-place/mapped', 22, 'podman-in-place/mapped'],
  ['podman-in-place/mapped', 12, 'podm…/mapped'],
  ['abcdef', 3, '…ef'],
  ['abcdef', 1, '…'],
])('%j in %i characters: %j', (text, width, expected) => {
  expect(cutMiddle(text, width)).toBe(expected)
})

it('keeps the width, and begin and end of the name', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme-ascii', maxLength: 60 }),
      fc.integer({ min: 1, max: 60 }),
      (text, width) => {
        const short = cutMiddle(text, width)
        expect(short.length).toBe(Math.min(text.length, width))
        if (text.length <= width) return
        const [begin, end] = [short.slice(0, short.indexOf('…')), short.slice(short.lastIndexOf('…') + 1)]
        expect(text.startsWith(begin) && text.endsWith(end)).toBe(true)
      },
    ),
  )
})

test('columns are as wide as their widest cell; a row may be shorter', () => {
  const columns = [{ align: 'left' }, { align: 'right' }] as const
  expect(align([['a', '10'], ['bcd'], ['', '5']], [...columns])).toEqual([['a  ', '10'], ['bcd'], ['   ', ' 5']])
  expect(align([], [...columns])).toEqual([])
})
