import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { comparable, withoutFolders, withValues } from './container-words.ts'

it('two command lines are the same text only where every word is', () => {
  expect(comparable(['server', '--threads', '2'])).toBe('server --threads 2')
  expect(comparable(['--a', 'b c'])).not.toBe(comparable(['--a', 'b', 'c']))
})

it('of a secret only that it changed is seen', () => {
  const token = (value: string) => comparable(['--env', `MY_TOKEN=${value}`, '--env', 'PLAIN=yes'])
  expect(token('first-secret')).toMatch(/MY_TOKEN=\*\*\*~[0-9a-f]{4}.* PLAIN=yes$/)
  expect(token('first-secret')).not.toContain('first-secret')
  expect(token('first-secret')).not.toBe(token('other-secret'))
})

it("folders of the host and the shell's PATH are left out", () => {
  const flags = [
    '--volume',
    '/here/models:/models:ro',
    '--env',
    'PATH=/bin',
    '--env',
    'OMP_NUM_THREADS=1',
    '--shm-size',
    '8g',
  ]
  expect(withoutFolders(flags)).toEqual([
    '--volume',
    ':/models:ro',
    '--env',
    'PATH',
    '--env',
    'OMP_NUM_THREADS=1',
    '--shm-size',
    '8g',
  ])
})

it('variables that podman takes from the environment have their values', () => {
  const values = (...words: string[]) => withValues(words, { A: '1', AB: '2', B: '3' })
  for (const words of [['--env', 'A'], ['--env=A'], ['-e', 'A'], ['-eA']]) expect(values(...words).at(-1)).toBe('A=1')
  expect(values('--env', 'A*', '--env', 'GONE', '--env', 'B=own')).toEqual([
    '--env',
    'A=1',
    'AB=2',
    '--env',
    'GONE',
    '--env',
    'B=own',
  ])
  expect(values('--memory', 'A')).toEqual(['--memory', 'A'])
})

it('a file of variables is told apart by what it holds', () => {
  const folder = mkdtempSync(join(tmpdir(), 'variables-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'env')
  const seen = ['A=1', 'A=2'].map(text => {
    writeFileSync(file, text)
    return withValues(['--env-file', file], {})
  })
  expect(seen[0]).toEqual(['--env-file', file, expect.stringMatching(/^[0-9a-f]{12}$/)])
  expect(seen[0]).not.toEqual(seen[1])
  expect(withValues([`--env-file=${file}.gone`], {})).toEqual(['--env-file', `${file}.gone`, 'unreadable'])
})
