import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
// @ts-expect-error plain JavaScript, without types
import { packagesMissing, stepsOf } from '../bootstrap.mjs'

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

test("set-up comes before the bench, and the arguments are the bench's", () => {
  expect(stepsOf(['setup', 'bench', '-t', 'cold'], root)).toEqual([
    { name: 'setup', argv: [join(root, 'helpers/commands/setup.ts')] },
    { name: 'bench', argv: [join(root, 'node_modules/vitest/vitest.mjs'), 'bench', '-t', 'cold'] },
  ])
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
