import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { FORMATS } from '../../reports/render/formats.ts'
import { runFolder } from '../../reports/run/run-folder.ts'

const root = resolve(import.meta.dirname, '../..')
const documents = ['README.md', ...globSync('docs/**/*.md', { cwd: root })]
const read = (file: string) => readFileSync(join(root, file), 'utf8')
/** Without code: what stands there is no link and no heading. */
const prose = (file: string) =>
  read(file)
    .replaceAll(/^```[\s\S]*?^```/gm, '')
    .replaceAll(/`[^`\n]*`/g, code => code.slice(1, -1).replaceAll(/[[\]]/g, ''))

/**
 * Anchors as GitHub makes them: small letters, no punctuation, hyphens for blanks, a number for one
 * that is there already.
 */
function anchors(file: string): Set<string> {
  const seen = new Map<string, number>()
  return new Set(
    [...prose(file).matchAll(/^#+ +(.+)$/gm)].map(([, heading]) => {
      const slug = heading!
        .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replaceAll(/\s/g, '-')
      const before = seen.get(slug) ?? 0
      seen.set(slug, before + 1)
      return before === 0 ? slug : `${slug}-${before}`
    }),
  )
}

test.each(documents)('%s: every relative link leads somewhere', file => {
  const broken = [...prose(file).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target!)
    .filter(target => !/^[a-z]+:/.test(target))
    .filter(target => {
      const [path = '', anchor] = target.split('#')
      const found = relative(root, path === '' ? join(root, file) : join(root, dirname(file), path))
      return !existsSync(join(root, found)) || (anchor !== undefined && !anchors(found).has(anchor))
    })
  expect(broken).toEqual([])
})

test('docs/reading-the-report.md names every file of a run, and none that there is not', () => {
  const [table = ''] = /^\| file [\s\S]*?\n\n/m.exec(read('docs/reading-the-report.md')) ?? []
  const named = [...table.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, cell]) => cell!.match(/(?<=`)[\w.-]+/g) ?? [])
  const { path, ...kept } = runFolder('')
  const written = new Set([...FORMATS.map(({ file }) => file), ...Object.values(kept)])
  expect(named.toSorted()).toEqual([...written].sort())
})

test('docs/reading-the-report.md names every finding, and none that there is not', () => {
  const codes = globSync('reports/analysis/findings/*.ts', { cwd: root })
    .filter(file => !file.endsWith('.test.ts'))
    .flatMap(file =>
      [...read(file).matchAll(/code: ['`]([a-z-]+)(\$\{defect\.what\})?['`]/g)].flatMap(([, code, defect]) =>
        defect ? [`${code}criu`, `${code}driver`] : code!,
      ),
    )
  const named = [
    ...read('docs/reading-the-report.md')
      .split('## Findings')[1]!
      .matchAll(/^\| (`[^|]+) \|/gm),
  ].flatMap(([, cell]) => [...cell!.matchAll(/`([a-z-]+)`/g)].map(([, code]) => code!))
  expect(named.toSorted()).toEqual([...new Set(codes)].toSorted())
})
