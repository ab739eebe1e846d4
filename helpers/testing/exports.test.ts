import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

/** What is exported is imported: otherwise it is the file's own, or nobody's. Types may stand for what a value has. */

const root = resolve(import.meta.dirname, '../..')
const sources = globSync(['{bench,fixtures,helpers,reports}/**/*.{ts,mjs}', '*.ts'], { cwd: root })

const exported = (text: string) =>
  [...text.matchAll(/^export (?:async )?(?:const|function|class) (\w+)/gm)].map(([, name]) => name!)
/** Names between the braces of imports, `as` left out; also those of `const { name } = await load('./file.ts')`. */
const imported = (text: string) =>
  [...text.matchAll(/\b(?:import|export|const)\s+(?:type\s+)?\{([^}]*)\}\s+(?:from|=\s+\(?await)\b/g)].flatMap(
    ([, names]) => names!.split(',').map(name => /^\s*(?:type\s+)?(\w+)/.exec(name)?.[1] ?? ''),
  )

/** Exports that no file imports, as `file: name`; vitest itself calls `setup`. */
function unused(files: Map<string, string>): string[] {
  const names = new Set(['setup', ...[...files.values()].flatMap(imported)])
  return [...files].flatMap(([file, text]) =>
    exported(text).flatMap(name => (names.has(name) ? [] : [`${file}: ${name}`])),
  )
}

test('every exported name is imported somewhere', () => {
  expect(unused(new Map(sources.map(file => [file, readFileSync(join(root, file), 'utf8')])))).toEqual([])
})

test('an export that nobody imports is found', () => {
  const a = 'export const used = 1\nexport type Own = string\nexport function loaded() {}\nexport class Dead {}'
  const b = "import { type X, used as mine } from './a.ts'\nconst { loaded } = (await load('a.ts')) as X"
  expect(unused(new Map(Object.entries({ a, b })))).toEqual(['a: Dead'])
})
