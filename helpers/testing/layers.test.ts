import { globSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')

/** From the ground up: a file imports from its own layer and from those before it. */
const LAYERS = [
  'helpers/core',
  'helpers/host',
  'helpers/cuda',
  'helpers/criu',
  'helpers/podman',
  'helpers/models',
  'helpers/engines',
  'helpers/config',
  'helpers/prober',
  'helpers/fingerprint',
  'helpers/setup',
  'helpers/bundle',
  'reports/run',
  'reports/analysis',
  'reports/render',
  'reports/reporter',
  'fixtures',
  'bench',
  'helpers/recipe',
  'helpers/commands',
]
/** Look at everything, and nothing looks at them. */
const ABOVE = /^(vitest\.config|(helpers|fixtures|reports)\/testing\/)|\.test\.ts$/

const layerOf = (path: string) => LAYERS.findLastIndex(layer => path.startsWith(`${layer}/`))
const imports = (text: string) => [...text.matchAll(/\b(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(match => match[1]!)

const read = (path: string) => readFileSync(join(root, path), 'utf8')
const importedBy = (path: string, text = read(path)) =>
  imports(text).map(specifier => relative(root, resolve(root, path, '..', specifier)))

/** Imports that lead to a higher layer, as `file → imported`. */
function upward(path: string, text: string): string[] {
  return importedBy(path, text)
    .filter(imported => layerOf(imported) > layerOf(path))
    .map(imported => `${path} → ${imported}`)
}

/** The first circle of imports, those of types alone included; none where it is empty. */
function circle(graph: Map<string, string[]>): string[] {
  const clear = new Set<string>()
  const visit = (path: string, way: string[]): string[] => {
    if (way.includes(path)) return [...way.slice(way.indexOf(path)), path]
    if (clear.has(path)) return []
    for (const next of graph.get(path) ?? []) {
      const found = visit(next, [...way, path])
      if (found.length > 0) return found
    }
    clear.add(path)
    return []
  }
  for (const path of graph.keys()) {
    const found = visit(path, [])
    if (found.length > 0) return found
  }
  return []
}

const sources = globSync('{bench,fixtures,helpers,reports}/**/*.ts', { cwd: root }).filter(path => !ABOVE.test(path))

test('imports lead down', () => {
  expect(sources.flatMap(path => upward(path, readFileSync(join(root, path), 'utf8')))).toEqual([])
})

test('every file has a layer', () => {
  expect(sources.filter(path => layerOf(path) < 0)).toEqual([])
})

test('one loose file in helpers/: what every command starts with', () => {
  expect(globSync('helpers/*.*', { cwd: root })).toEqual(['helpers/bootstrap.mjs'])
})

test('an import that leads up is found', () => {
  expect(upward('helpers/core/clock.ts', "import { x } from '../../reports/run/schema.ts'")).toHaveLength(1)
  expect(upward('reports/run/schema.ts', "type X = import('../../fixtures/test.ts').X")).toHaveLength(1)
  expect(upward('fixtures/test.ts', "import { x } from '../helpers/core/clock.ts'")).toEqual([])
})

test('imports go in no circle', () => {
  expect(circle(new Map(sources.map(path => [path, importedBy(path)])))).toEqual([])
  expect(
    circle(
      new Map([
        ['a', ['b']],
        ['b', ['c']],
        ['c', ['b']],
      ]),
    ),
  ).toEqual(['b', 'c', 'b'])
})
