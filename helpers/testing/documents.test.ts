import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { FORMATS } from '../../reports/render/formats.ts'
import { runFolder } from '../../reports/run/run-folder.ts'
import { VARIABLES } from '../config/configuration.ts'

const root = resolve(import.meta.dirname, '../..')
const documents = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', ...globSync('docs/**/*.md', { cwd: root })]
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

/** The names in the first column of a page's tables. */
const firstColumn = (text: string) =>
  [...text.matchAll(/^\| ([^|]*(?:\\\|[^|]*)*) \|/gm)].flatMap(([, cell]) =>
    [...cell!.matchAll(/`([^`]+)`/g)].map(([, code]) => code!),
  )

test('docs/variables.md names every variable, in order, and none that there is not', () =>
  expect(firstColumn(read('docs/variables.md').split('Read from the environment only')[0]!)).toEqual(VARIABLES))

test('docs/commands.md names every command of package.json, and none that there is not', () => {
  const commands = firstColumn(read('docs/commands.md').split('## Undo set-up')[0]!)
  const named = commands.flatMap(command => /^npm (?:run )?([\w:-]+)/.exec(command)?.[1] ?? [])
  expect(named.toSorted()).toEqual(Object.keys(JSON.parse(read('package.json')).scripts).toSorted())
})

test('docs/commands.md has a command for each of the original scripts, and every one is there', () => {
  const table = read('docs/commands.md').split('## The original scripts')[1]!
  const scripts = [...table.matchAll(/^\| `[^|]*?([\w-]+\.(?:py|sh))\b/gm)].map(([, name]) => name!)
  expect(scripts.toSorted()).toEqual(
    ['setup.sh', 'test_utils.py', 'create-checkpoint.py', 'benchmark-baseline.py', 'benchmark-criu.py']
      .concat('run-benchmarks.py', 'analyze-results.py')
      .toSorted(),
  )
  const commands = [...table.matchAll(/`(?:\w+=\S+ )?(npm (?:run )?|npx vitest bench ?)([\w:-]*)/g)]
  const known = Object.keys(JSON.parse(read('package.json')).scripts)
  const unknown = commands.filter(([, start, name = '']) =>
    start!.startsWith('npm') ? !known.includes(name) : name !== '' && !existsSync(join(root, `bench/${name}.bench.ts`)),
  )
  expect(commands.length).toBeGreaterThan(12)
  expect(unknown.map(([all]) => all)).toEqual([])
})

/** Of other programs; the rest of docs/troubleshooting.md quotes this suite. */
const FOREIGN =
  /^(Error 803|CACError|iptables|setting r|6$|: operation|vdso: |sockets: |mnt: |Can't [cd]|an illegal|\/run\/criu)/

/** How many words of a message stand in pieces of three and more that the sources have: templates cut it up. */
function quoted(words: string[], there: (piece: string) => boolean): number {
  if (words.length === 0) return 0
  const longest = words.findLastIndex((_, last) => there(words.slice(0, last + 1).join(' '))) + 1
  return (longest > 2 ? longest : 0) + quoted(words.slice(Math.max(longest, 1)), there)
}

test('docs/troubleshooting.md quotes messages as the code has them', () => {
  const sources = globSync(
    ['helpers/**/*.ts', 'helpers/vllm-sleep/tmpfs_sleep/*.py', 'fixtures/**/*.ts', 'reports/**/*.ts'],
    { cwd: root },
  )
    .filter(file => !/\.test\.ts$|\/testing\//.test(file))
    .map(file => read(file).replaceAll(/['`"] \+\s+['`"]/g, ''))
  const there = (piece: string) => sources.some(source => source.includes(piece))
  const messages = firstColumn(read('docs/troubleshooting.md')).filter(message => !FOREIGN.test(message))
  const wrong = messages
    .flatMap(message => message.split('…'))
    .map(part => part.trim())
    .filter(part => !there(part) && quoted(part.split(' '), there) <= part.split(' ').length / 2)
  expect(messages.length).toBeGreaterThan(25)
  expect(wrong).toEqual([])
})
