import fc from 'fast-check'
import { expect, test } from 'vitest'
import { markdownCode, markdownTable, markdownText } from './markdown.ts'

test('text is shown as it is: no markup, no HTML, one line', () => {
  expect(markdownText('a_b*c `d` | [e]\\')).toBe('a\\_b\\*c \\`d\\` \\| \\[e\\]\\\\')
  expect(markdownText('<img src=x>&amp;\n  next')).toBe('&#60;img src=x&#62;&#38;amp; next')
  expect(markdownCode('a`b|c\nd')).toBe('`a b c d`')
})

test('a table has as many columns in every line, whatever its cells hold', () => {
  expect(markdownTable(['a'], [])).toBe('')
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string(), fc.string()), { minLength: 1 }), rows => {
      const lines = markdownTable(
        ['text', 'code'],
        rows.map(([text, code]) => [markdownText(text), markdownCode(code)]),
      )
        .split('\n')
        .map(line => line.replace(/\\./g, '').split('|').length)
      expect(lines).toEqual(Array.from({ length: rows.length + 2 }, () => 4))
    }),
  )
})
