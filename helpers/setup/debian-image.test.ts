import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { LLAMA_IMAGE } from '../engines/llama-cpp.ts'
import { bundledImage, withImageFiles } from './debian-image.ts'

function state(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bundled-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

test('what a bundle brought is used, with its versions, and stays', async () => {
  const folder = state()
  mkdirSync(join(folder, 'bundled'))
  const archive = join(folder, 'bundled/llama-cpp.tar')
  writeFileSync(archive, '')
  writeFileSync(join(folder, 'bundled/llama-cpp.json'), '{"llama.cpp-tools":"1:0.7.0"}')
  const files = { archive, packages: { 'llama.cpp-tools': '1:0.7.0' } }
  expect(
    await withImageFiles(
      folder,
      LLAMA_IMAGE,
      () => {},
      async used => used,
    ),
  ).toEqual(files)
  expect(bundledImage(folder, LLAMA_IMAGE)).toEqual(files)
})

test('none where no bundle brought any', () => {
  expect(bundledImage(state(), LLAMA_IMAGE)).toBeUndefined()
})
