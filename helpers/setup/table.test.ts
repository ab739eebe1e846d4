import { expect, test } from 'vitest'
import { renderTable, wrap } from './table.ts'

test('a row a thing, what to do below it', () => {
  expect(
    renderTable([
      { name: 'packages', state: 'ok', found: 'podman version 4.3.1' },
      { name: 'CRIU', state: 'too-old', found: '/usr/sbin/criu 3.17.1', remedy: 'npm run setup' },
    ]),
  ).toBe(
    [
      'item      state     found',
      'packages  ok        podman version 4.3.1',
      'CRIU      too old   /usr/sbin/criu 3.17.1',
      '                    → npm run setup',
    ].join('\n'),
  )
})

test('80 columns whatever was found', () => {
  const text = renderTable([
    {
      name: 'engine image',
      state: 'unusable',
      found: `${'x'.repeat(200)} ${'word '.repeat(60)}`,
      remedy: 'y '.repeat(100),
    },
  ])
  expect(Math.max(...text.split('\n').map(line => line.length))).toBeLessThanOrEqual(80)
  expect(text.replace(/\s/g, '').split('x')).toHaveLength(201)
})

test('lines break at spaces, longer words are cut, no line is lost', () => {
  expect(wrap('aa bb cccccccc d', 5)).toEqual(['aa bb', 'ccccc', 'ccc d'])
  expect(wrap('one\ntwo', 10)).toEqual(['one', 'two'])
})
