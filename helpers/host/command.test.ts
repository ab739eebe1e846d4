import { expect, it, test } from 'vitest'
import { lastLines } from './command.ts'

test.each([
  ['a\nb\nc', 2, 'b\nc'],
  ['a\n\n  \nb\n', 2, 'a\nb'],
  ['  indented\n', 3, '  indented'],
  ['\n \n', 3, ''],
])('the last lines of %j that say something, %i at most: %j', (text, count, expected) => {
  expect(lastLines(text, count)).toBe(expected)
})

it('eight, where nobody says how many', () => {
  const lines = Array.from({ length: 20 }, (_, index) => `line ${index}`)
  expect(lastLines(lines.join('\n'))).toBe(lines.slice(12).join('\n'))
})
