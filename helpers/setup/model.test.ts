import { mkdtempSync, rmSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Configuration } from '../configuration.ts'
import { checkRoom, model } from './model.ts'

test('made once; one that was cut short is made again', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'model-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const c = { engine: 'llama-cpp', modelId: join(folder, 'cache/random-20mb.gguf'), modelBytes: 20e6, modelIsRandom: true } as Configuration
  expect(await model.probe(c)).toMatchObject({ state: 'missing' })
  await model.make(c, () => {})
  expect(await model.probe(c)).toMatchObject({ state: 'ok' })
  truncateSync(c.modelId, 1e6)
  expect(await model.probe(c)).toMatchObject({ state: 'missing', found: expect.stringContaining('too short: 1 MB') })
})

test('a user\'s model is only looked at', async () => {
  const c = { engine: 'llama-cpp', modelId: import.meta.filename, modelBytes: 1e12, modelIsRandom: false } as Configuration
  expect(await model.probe(c)).toMatchObject({ state: 'ok' })
  expect(await model.probe({ ...c, modelId: '/nowhere/model.gguf' })).toMatchObject({ state: 'unusable' })
})

test('a disk that it would fill is refused beforehand', () => {
  expect(() => checkRoom('/models/a.gguf', 1e9, 1.1e9)).toThrow(/needs 1000 MB, and \/models has 1100 MB free/)
  expect(() => checkRoom('/models/a.gguf', 1e9, 2e9)).not.toThrow()
})
