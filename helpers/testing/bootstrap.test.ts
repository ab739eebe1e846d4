import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
// @ts-expect-error plain JavaScript, without types
import { OLDEST_NODE, packagesMissing, stepsOf } from '../bootstrap.mjs'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'bootstrap-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  mkdirSync(join(root, 'helpers/commands'), { recursive: true })
  mkdirSync(join(root, 'node_modules/.bin'), { recursive: true })
  for (const name of ['setup', 'doctor']) writeFileSync(join(root, `helpers/commands/${name}.ts`), '')
})

const locks = (wanted: object, installed?: object) => {
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages: { '': {}, ...wanted } }))
  if (installed) writeFileSync(join(root, 'node_modules/.package-lock.json'), JSON.stringify({ packages: installed }))
}

test("set-up comes before the bench, and the arguments are the bench's, looked at before", () => {
  expect(stepsOf(['setup', 'bench', '-t', 'cold'], root)).toEqual([
    { name: 'words', argv: [join(root, 'helpers/commands/vitest-words.mjs'), 'bench', '-t', 'cold'] },
    { name: 'setup', argv: [join(root, 'helpers/commands/setup.ts')] },
    { name: 'bench', argv: [join(root, 'helpers/commands/vitest.mjs'), 'bench', '-t', 'cold'] },
  ])
})

test('without arguments there is nothing to look at', () => {
  expect(stepsOf(['setup', 'test'], root).map(({ name }: { name: string }) => name)).toEqual(['setup', 'test'])
})

test('a command takes its arguments', () => {
  expect(stepsOf(['doctor', 'bench'], root)).toEqual([
    { name: 'doctor', argv: [join(root, 'helpers/commands/doctor.ts'), 'bench'] },
  ])
})

test.for(['', '../configuration', 'nothing'])('%j is no command, and the known ones are named', name => {
  expect(() => stepsOf([name], root)).toThrow('there are bench, doctor, setup, test')
})

test('packages are missing where node_modules is not what the lock says', () => {
  const lock = {
    'node_modules/a': { version: '1.0.0' },
    'node_modules/other-system': { version: '2.0.0', optional: true },
  }
  locks(lock)
  expect(packagesMissing(root)).toMatch('missing or incomplete')
  locks(lock, { 'node_modules/a': { version: '0.9.0' } })
  expect(packagesMissing(root)).toMatch('node_modules/a is 0.9.0, package-lock.json wants 1.0.0')
  locks(lock, { 'node_modules/a': { version: '1.0.0' } })
  expect(packagesMissing(root)).toMatch('.bin/node is missing')
  writeFileSync(join(root, 'node_modules/.bin/node'), '')
  expect(packagesMissing(root)).toBeUndefined()
})

type Packages = Record<string, { version: string; engines?: { node?: string } }>

/** Whether a version is in a range of `>=`, `^` and `||`, as packages write what Node they need. */
const within = (version: string, range: string) =>
  range.split('||').some(part => {
    const [, caret, oldest = ''] = /^\s*(?:>=|(\^))\s*([\d.]+)\s*$/.exec(part) ?? []
    const order = version.localeCompare(oldest, 'en', { numeric: true })
    return oldest !== '' && order >= 0 && (!caret || version.split('.')[0] === oldest.split('.')[0])
  })

test('package.json names the Node that starts the suite; the one it installs is new enough for its packages', () => {
  const project = resolve(import.meta.dirname, '../..')
  const read = (file: string) => JSON.parse(readFileSync(join(project, file), 'utf8'))
  const { packages } = read('package-lock.json') as { packages: Packages }
  const { engines, devDependencies } = read('package.json')
  expect(engines.node).toBe(`>=${OLDEST_NODE}`)
  const { version } = packages['node_modules/node']!
  const needing = Object.keys(devDependencies).flatMap(name => {
    const node = packages[`node_modules/${name}`]!.engines?.node
    return node ? [{ name, node }] : []
  })
  expect(needing.map(({ name }) => name)).toContain('vitest')
  expect(needing.filter(({ node }) => !within(version, node))).toEqual([])
  expect(within('22.18.0', '>=22.19.0')).toBe(false)
  expect(within('23.1.0', '^22.12.0 || >=24.0.0')).toBe(false)
})
