import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { putBackHugePages, setHugePages } from './huge-pages.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'huge-pages-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test("both of the kernel's settings change, each in its own words, and come back; the first original counts", () => {
  const kernel: { file: string; names: Record<string, string> }[] = [
    { file: join(folder, 'enabled'), names: {} },
    { file: join(folder, 'shmem_enabled'), names: { madvise: 'advise' } },
    { file: join(folder, 'not-there'), names: {} },
  ]
  const shown = () => kernel.slice(0, 2).map(({ file }) => readFileSync(file, 'utf8'))
  writeFileSync(kernel[0]!.file, 'always madvise [never]')
  writeFileSync(kernel[1]!.file, 'always [within_size] advise never deny force')
  setHugePages(folder, 'always', kernel)
  expect(shown()).toEqual(['always', 'always'])
  setHugePages(folder, 'madvise', kernel)
  expect(shown()).toEqual(['madvise', 'advise'])
  putBackHugePages(folder, kernel)
  expect(shown()).toEqual(['never', 'within_size'])
  writeFileSync(kernel[0]!.file, 'changed by somebody else')
  putBackHugePages(folder, kernel)
  expect(shown()[0]).toBe('changed by somebody else')
})
