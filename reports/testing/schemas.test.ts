import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { describe, expect, it, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { writeSchemas } from '../../helpers/commands/schemas.ts'
import { jsonSchemas } from '../analysis/json-schemas.ts'
import { broken } from './schema-compatibility.ts'

const root = resolve(import.meta.dirname, '../..')
const folder = join(root, 'docs/schemas')
const read = (path: string) => JSON.parse(readFileSync(path, 'utf8'))

describe.each(jsonSchemas())('$name', ({ name, file, text }) => {
  test('its shape is that of its version; another one needs another version (reports/analysis/json-schemas.ts)', () =>
    expect(JSON.parse(text)).toEqual(read(join(folder, file))))
  test('files of every version are read', () => {
    const versions = globSync(`${name}-*.schema.json`, { cwd: folder })
    expect(versions).toContain(file)
    for (const version of versions) expect(broken(read(join(folder, version)), JSON.parse(text)), version).toEqual([])
  })
})

describe('published results are what the schemas say', () => {
  const schema = (name: string) => z.fromJSONSchema(JSON.parse(jsonSchemas().find(one => one.name === name)!.text))
  const wrong = (name: string, values: unknown[]) => values.flatMap(value => schema(name).safeParse(value).error ?? [])
  it.each([
    ['run', 'run.json'],
    ['report', 'report.json'],
  ])('%s', (name, file) => {
    const all = globSync(`docs/results/*/*/${file}`, { cwd: root }).map(path => read(join(root, path)))
    expect(all.length).toBeGreaterThan(20)
    expect(wrong(name, all)).toEqual([])
    expect(wrong(name, [{ ...all[0], iterations: 'five' }])).toHaveLength(1)
  })
  it('trial', () => {
    const lines = globSync('docs/results/*/*/trials.jsonl', { cwd: root })
      .flatMap(path => readFileSync(join(root, path), 'utf8').split('\n'))
      .filter(line => line !== '')
      .map(line => JSON.parse(line))
    expect(wrong('trial', lines)).toEqual([])
    expect(wrong('trial', [{ ...lines[0], scenario: undefined }])).toHaveLength(1)
  })
})

describe('npm run schemas', () => {
  it('writes what is missing, and never changes what is there', () => {
    const copy = mkdtempSync(join(tmpdir(), 'schemas-'))
    onTestFinished(() => rmSync(copy, { recursive: true }))
    cpSync(folder, copy, { recursive: true })
    const { file } = jsonSchemas()[0]!
    expect(writeSchemas(copy)).toEqual([])
    rmSync(join(copy, file))
    expect(writeSchemas(copy)).toEqual([basename(file)])
    writeFileSync(join(copy, file), '{}\n')
    expect(() => writeSchemas(copy)).toThrow(/another shape than run has now.*raise the version of run/)
    expect(readFileSync(join(copy, file), 'utf8')).toBe('{}\n')
  })
})

describe('broken', () => {
  const object = (properties: Record<string, object>, required: string[] = []) => ({
    type: 'object',
    properties,
    required,
  })
  const a = object({ a: { type: 'number' }, b: { enum: ['x', 'y'] } }, ['a'])
  it('nothing is by what is only added', () =>
    expect(broken(a, object({ ...a.properties, b: { enum: ['x', 'y', 'z'] }, c: { type: 'string' } }, ['a']))).toEqual(
      [],
    ))
  it.each([
    [object({ a: { type: 'number' } }, ['a']), 'it.b is gone'],
    [object(a.properties, ['a', 'b']), 'it.b is wanted now'],
    [object({ ...a.properties, a: { type: 'string' } }, ['a']), 'it.a was number, is string'],
    [object({ ...a.properties, b: { enum: ['x'] } }, ['a']), 'it.b is no longer y'],
  ])('%j', (now, why) => expect(broken(a, now)).toEqual([why]))
})
