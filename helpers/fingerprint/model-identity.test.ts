import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { modelIdentity } from './model-identity.ts'

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'model-identity-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

test('another file under the same name is another model', async () => {
  const stateDir = folder()
  const modelId = join(stateDir, 'model.gguf')
  writeFileSync(modelId, 'GGUF one')
  const one = await modelIdentity({ modelId, stateDir })
  expect(one).toMatch(/^8 bytes, [0-9a-f]{12}$/)
  writeFileSync(modelId, 'GGUF two')
  expect(await modelIdentity({ modelId, stateDir })).not.toBe(one)
  writeFileSync(modelId, 'GGUF one')
  expect(await modelIdentity({ modelId, stateDir })).toBe(one)
})

test('a file is not read again while its size and time stay', async () => {
  const stateDir = folder()
  const modelId = join(stateDir, 'model.gguf')
  writeFileSync(modelId, 'GGUF one')
  const one = await modelIdentity({ modelId, stateDir })
  const { atime, mtime } = statSync(modelId)
  writeFileSync(modelId, 'GGUF two')
  utimesSync(modelId, atime, mtime)
  // the time that was written down has more digits than can be set
  const kept = join(stateDir, 'model-hashes.json')
  writeFileSync(
    kept,
    readFileSync(kept, 'utf8').replace(/"modified": [\d.]+/, `"modified": ${statSync(modelId).mtimeMs}`),
  )
  expect(await modelIdentity({ modelId, stateDir })).toBe(one)
  writeFileSync(kept, '{"broken')
  expect(await modelIdentity({ modelId, stateDir })).not.toBe(one)
})

test("a folder is its files, and the small ones' content", async () => {
  const stateDir = folder()
  const modelId = join(stateDir, 'model')
  mkdirSync(join(modelId, 'sub'), { recursive: true })
  writeFileSync(join(modelId, 'config.json'), '{"seed":0}')
  const identity = () => modelIdentity({ modelId, stateDir })
  const first = await identity()
  writeFileSync(join(modelId, 'config.json'), '{"seed":1}')
  const second = await identity()
  writeFileSync(join(modelId, 'model.safetensors'), 'x')
  expect(new Set([first, second, await identity()]).size).toBe(3)
})

test('a name that the engine looks up has none', async () =>
  expect(await modelIdentity({ modelId: 'Qwen/Qwen2-1.5B-Instruct', stateDir: folder() })).toBeUndefined())
