import fc from 'fast-check'
import { expect, it } from 'vitest'
import { lineOf, repeatedKey } from './json-line.ts'

const value = { a: 1, list: [1, { b: '"}{,:', 'c]': [[], {}, null] }], b: { a: 2 } }
const text = JSON.stringify(value, undefined, 2)
const line = (part: string) => text.split('\n').findIndex(one => one.includes(part)) + 1

it('finds the line of a value', () => {
  expect(lineOf(text, ['a'])).toBe(2)
  expect(lineOf(text, ['list', 1, 'b'])).toBe(line('"b": "'))
  expect(lineOf(text, ['list', 1, 'c]', 2])).toBe(line('null'))
  expect(lineOf(text, ['b', 'a'])).toBe(line('"a": 2'))
})

it('of a value that is not there, the line of what should hold it', () => {
  expect(lineOf(text, ['b', 'missing'])).toBe(line('"b": {'))
  expect(lineOf(text, ['nowhere', 0])).toBe(1)
})

it('finds every value of any JSON', () =>
  fc.assert(
    fc.property(fc.json(), json => {
      const pretty = JSON.stringify(JSON.parse(json), undefined, 1)
      const lines = pretty.split('\n')
      const visit = (at: unknown, path: PropertyKey[]): void => {
        const first = JSON.stringify(at, undefined, 1).split('\n')[0]!
        expect(lines[lineOf(pretty, path) - 1]).toContain(first)
        if (typeof at !== 'object' || at === null) return
        for (const [key, inner] of Object.entries(at)) visit(inner, [...path, Array.isArray(at) ? Number(key) : key])
      }
      visit(JSON.parse(json), [])
    }),
  ))

it('finds a key that an object has twice, and no other', () => {
  expect(repeatedKey('{\n"a": { "b": 1 },\n"b": [{ "a": "a" }, "a"],\n"a": 2 }')).toEqual({ key: 'a', line: 4 })
  expect(repeatedKey('[{ "x": 1,\n"\\u0078": 2 }]')).toEqual({ key: 'x', line: 2 })
  expect(repeatedKey(text)).toBeUndefined()
  fc.assert(fc.property(fc.json(), json => repeatedKey(JSON.stringify(JSON.parse(json))) === undefined))
})
