import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { namesIn, textOf } from './lenient.ts'

test('what is there is read; what is not, or is something else, is empty', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lenient-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'a')
  writeFileSync(file, 'text\n')
  expect([namesIn(folder), textOf(file)]).toEqual([['a'], 'text\n'])
  for (const path of [join(folder, 'b'), '/proc/0/fd']) expect([namesIn(path), textOf(path)]).toEqual([[], ''])
  expect([namesIn(file), textOf(folder)]).toEqual([[], ''])
})
