import { existsSync, globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseConfiguration } from '../config/configuration.ts'
import { gpuSteps } from '../setup/gpu.ts'
import { stepsFor } from '../setup/steps.ts'
import { ENGINES, engineDescriptions } from './index.ts'

const root = resolve(import.meta.dirname, '../..')

/** Lines of code that hold an engine's name as a string. */
const naming = (text: string) =>
  text.split('\n').filter(line => ENGINES.some(engine => new RegExp(`['"\`]${engine}['"\`]`).test(line)))

describe("an engine's name", () => {
  const sources = globSync('{bench,fixtures,helpers,reports}/**/*.ts', { cwd: root }).filter(
    path => !/\.test\.ts$|\/testing\/|^(helpers|fixtures)\/engines\//.test(path),
  )
  test('is asked for nowhere but where the engines are', () => {
    expect(sources.length).toBeGreaterThan(100)
    expect(
      sources.flatMap(path => naming(readFileSync(join(root, path), 'utf8')).map(line => `${path}: ${line}`)),
    ).toEqual([])
  })
  test('is found where it is asked for', () => {
    expect(naming("if (c.engine === 'vllm') return\nconst a = `llama-cpp`")).toHaveLength(2)
    expect(naming("import x from './vllm.ts' // vllm and openai")).toEqual([])
  })
})

test.each(ENGINES)('%s names benches that there are', engine => {
  const { benches } = engineDescriptions[engine]
  expect(benches.length).toBeGreaterThan(0)
  expect(benches.filter(name => !existsSync(join(root, `bench/${name}.bench.ts`)))).toEqual([])
})

test('set-up does for an engine what its description says', () => {
  const names = (engine: (typeof ENGINES)[number], usesGpu = engineDescriptions[engine].gpu === true) =>
    stepsFor({ engine, usesGpu }).map(({ name }) => name)
  expect(names('vllm').filter(name => !names('llama-cpp').includes(name))).toEqual([
    'NVIDIA driver',
    'GPUs',
    'CUDA checkpoint',
    'GPU memory',
    'PCIe and power',
    'NUMA',
    'vLLM',
    'host for vLLM',
    'driver libraries',
    "CRIU's CUDA plugin",
  ])
  expect(names('openai')).toEqual(names('llama-cpp'))
  expect(names('openai', true).filter(name => !names('openai').includes(name))).toEqual([
    'NVIDIA driver',
    'GPUs',
    'CUDA checkpoint',
    'GPU memory',
    'PCIe and power',
    'NUMA',
    'host for the server',
    'driver libraries',
    "CRIU's CUDA plugin",
  ])
  expect(gpuSteps({ label: 'SGLang' }).map(({ name }) => name)).toEqual([
    'NVIDIA driver',
    'GPUs',
    'CUDA checkpoint',
    'GPU memory',
    'PCIe and power',
    'NUMA',
    'host for SGLang',
  ])
})

test('an engine without an image of its own needs ENGINE_IMAGE and what starts it', () => {
  const needs = 'ENGINE=openai needs ENGINE_IMAGE'
  expect(() => parseConfiguration({ ENGINE: 'openai', ENGINE_IMAGE: 'a:1' }, false)).toThrow(needs)
  expect(() => parseConfiguration({ ENGINE: 'openai', ENGINE_COMMAND: 'serve' }, true)).toThrow(needs)
  expect(parseConfiguration({ ENGINE: 'openai', ENGINE_IMAGE: 'a:1', ENGINE_COMMAND: 'serve' }, true)).toMatchObject({
    modelId: 'default',
    modelIsDefault: false,
  })
})

test('the model that an engine gets where none is named', () => {
  const model = (engine: string) => parseConfiguration({ ENGINE: engine, MODELS_CACHE: '/m' }, false).modelId
  expect(['llama-cpp', 'vllm'].map(model)).toEqual(['/m/SmolLM2-135M-Instruct.Q4_1.gguf', 'Qwen/Qwen2-1.5B-Instruct'])
})
