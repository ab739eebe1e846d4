import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { withStandIn } from '../models/embedded.ts'
import { llamaShape, writeRandomGguf } from '../models/gguf.ts'
import { hubModel, revisionFolder, setMainRevision } from '../models/hub.ts'
import { parseConfiguration } from './configuration.ts'
import { hasRandomWeights, modelLabel } from './model-label.ts'

const folder = mkdtempSync(join(tmpdir(), 'model-label-'))
afterAll(() => rmSync(folder, { recursive: true }))
const c = (variables: Record<string, string>) =>
  parseConfiguration({ ENGINE: 'llama-cpp', MODELS_CACHE: folder, ...variables }, false)
const file = (name: string, content = 'GGUF') => {
  writeFileSync(join(folder, name), content)
  return join(folder, name)
}

test('the real model by its name, the random one by its size, and why it is one', () => {
  expect(modelLabel(c({}))).toBe('SmolLM2-135M-Instruct.Q4_1')
  expect(modelLabel(c({ MODEL_SIZE: '1GB' }))).toBe('random 1000 MB')
  expect(modelLabel(withStandIn(c({})))).toBe('random 100 MB, the real model could not be downloaded')
  expect(modelLabel(c({ MODEL_ID: file('mine.gguf') }))).toBe('mine')
})

test('random weights are called so however the model was named, others never', async () => {
  expect(hasRandomWeights(c({}))).toBe(false)
  expect(hasRandomWeights(withStandIn(c({})))).toBe(true)
  expect(hasRandomWeights(c({ MODEL_SIZE: '20MB' }))).toBe(true)
  await writeRandomGguf(join(folder, 'a.gguf'), llamaShape(1e6), 'seed')
  expect(hasRandomWeights(c({ MODEL_ID: join(folder, 'a.gguf') }))).toBe(true)
  expect(hasRandomWeights(c({ MODEL_ID: file('b.gguf') }))).toBe(false)
  mkdirSync(join(folder, 'hf'))
  const vllm = (more = {}) => c({ ENGINE: 'vllm', MODEL_ID: join(folder, 'hf'), ...more })
  expect(hasRandomWeights(vllm())).toBe(false)
  expect(hasRandomWeights(vllm({ ENGINE_ARGS: '--load-format=dummy' }))).toBe(true)
  expect(hasRandomWeights(vllm({ ENGINE_ARGS: '--seed 1 --load-format dummy' }))).toBe(true)
  expect(hasRandomWeights(vllm({ ENGINE_ARGS: '--load-format auto' }))).toBe(false)
  writeFileSync(join(folder, 'hf/config.json'), '{"random_weights_seed": 0}')
  expect(hasRandomWeights(vllm())).toBe(true)
})

test("random weights under a name of the hub's", () => {
  const named = c({ ENGINE: 'vllm', MODEL_ID: 'random/one' })
  expect(hasRandomWeights(named)).toBe(false)
  const model = hubModel(folder, 'random/one')
  setMainRevision(model, 'new')
  expect(hasRandomWeights(named)).toBe(false)
  for (const [revision, config] of [
    ['old', '{}'],
    ['new', '{"random_weights_seed": 0}'],
  ] as const) {
    mkdirSync(revisionFolder(model, revision), { recursive: true })
    writeFileSync(join(revisionFolder(model, revision), 'config.json'), config)
  }
  expect(hasRandomWeights(named)).toBe(true)
  setMainRevision(model, 'old')
  expect(hasRandomWeights(named)).toBe(false)
})
