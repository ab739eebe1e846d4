import { expect, test } from 'vitest'
import { type Vma, vmaAt } from './memory-map.ts'

const mapping = (start: number, end: number) => ({ start, end }) as Vma
/** Two that touch, and a gap before the last. */
const MAPPINGS = [mapping(0x1000, 0x3000), mapping(0x3000, 0x4000), mapping(0x8000, 0x9000)]

test.each([
  [0x0fff, -1],
  [0x1000, 0],
  [0x2fff, 0],
  [0x3000, 1],
  [0x4000, -1],
  [0x7fff, -1],
  [0x8fff, 2],
  [0x9000, -1],
])('the mapping at %i: %i', (address, index) => {
  expect(vmaAt(MAPPINGS, address)).toBe(index)
})

test('none where nothing is mapped', () => {
  expect(vmaAt([], 0x1000)).toBe(-1)
})
