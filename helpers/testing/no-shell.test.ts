import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'

/**
 * Names, paths and arguments reach programs as arrays: a shell would read `;`, `$(...)` and quotes in them.
 * Tests may use one: what they hand to it is their own.
 */

const project = resolve(import.meta.dirname, '../..')
const FOLDERS = ['bench', 'fixtures', 'helpers', 'reports', '.']
const SHELLS = [
  /\bshell\s*:|(?<![.\w])exec(?:Sync)?\s*\(|\bexecaCommand|\$`/,
  /['"`](?:\/bin\/|\/usr\/bin\/)?(?:ba|da|z)?sh['"`]\s*,|['"`]-l?c['"`]\s*,\s*[`$]/,
  /\beval\s*\(|new Function\s*\(/,
]
const isShell = (line: string) => SHELLS.some(pattern => pattern.test(line))

const sources = FOLDERS.flatMap(folder =>
  readdirSync(join(project, folder), { withFileTypes: true, recursive: folder !== '.' })
    .filter(entry => entry.isFile() && /\.(ts|mts|js|mjs)$/.test(entry.name))
    .map(entry => join(entry.parentPath, entry.name)),
).filter(path => !path.endsWith('.test.ts'))

test('no source hands a string to a shell', () => {
  expect(sources.length).toBeGreaterThan(100)
  expect(
    sources.flatMap(path =>
      readFileSync(path, 'utf8')
        .split('\n')
        .flatMap((line, index) => (isShell(line) ? [`${relative(project, path)}:${index + 1}: ${line.trim()}`] : [])),
    ),
  ).toEqual([])
})

test.for([
  'spawn(file, args, { shell: true })',
  'execSync(`rm ${path}`)',
  'exec(text)',
  'execaCommand(line)',
  'await $`rm ${path}`',
  'spawn("sh", ["-c", text])',
  "spawn('/bin/bash', args)",
  "spawn(python, ['-c', `x${y}`])",
  'eval(text)',
])('%s would be found', line => expect(isShell(line)).toBe(true))
