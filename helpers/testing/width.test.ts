import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

/** The formatter breaks no string, comment or template, and knows neither Python, C nor shell. */

const root = resolve(import.meta.dirname, '../..')
const WIDTH = 120
const SOURCES = ['{bench,fixtures,helpers,reports}/**/*.{ts,mjs,py,c,sh,css}', '*.ts', '.github/**/*.yml', '.ci/run']

/** Numbers of the lines that are too long; a URL cannot be broken. */
function tooLong(text: string): number[] {
  const lines = text.split('\n').map(line => [...line.replace(/https?:\/\/\S+/g, '')].length)
  return lines.flatMap((length, index) => (length > WIDTH ? [index + 1] : []))
}

test(`no line of a source is longer than ${WIDTH} characters`, () => {
  const files = globSync(SOURCES, { cwd: root })
  expect(files.length).toBeGreaterThan(400)
  expect(files.flatMap(file => tooLong(readFileSync(join(root, file), 'utf8')).map(line => `${file}:${line}`))).toEqual(
    [],
  )
})

test('a line that is too long is found, characters and not bytes counted, a URL not', () => {
  expect(tooLong(`short\n${'x'.repeat(121)}\n# ${'a word '.repeat(20)}`)).toEqual([2, 3])
  expect(tooLong(`${'é'.repeat(120)}\n// see https://example.org/${'x'.repeat(200)}`)).toEqual([])
})
