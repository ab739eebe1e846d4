import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { modelParameters, parametersInName } from './parameters.ts'

test.for([
  ['Qwen/Qwen2-1.5B-Instruct', 1.5e9],
  ['SmolLM2-135M-Instruct-Q8_0', 135e6],
  ['meta-llama/Llama-3.2-3B', 3e9],
  ['facebook/opt-125m', 125e6],
  ['Qwen2.5-7B-Instruct-1M', 7e9],
  ['Qwen3-30B-A3B', 30e9],
  ['mistralai/Mixtral-8x7B-v0.1', 56e9],
  ['qwen_7b', 7e9],
  ['random 300 MB', undefined],
  ['random 300MB', undefined],
  ['microsoft/phi-2', undefined],
  ['model-4bit', undefined],
] as const)('%s: %s', ([name, parameters]) => expect(parametersInName(name)).toBe(parameters))

/** A folder of weights, all of them holes. */
function folder(config: object, bytes: number[], under = ''): string {
  const path = mkdtempSync(join(tmpdir(), 'parameters-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  const at = join(path, under)
  mkdirSync(at, { recursive: true })
  writeFileSync(join(at, 'config.json'), JSON.stringify(config))
  for (const [number, size] of bytes.entries()) {
    const file = join(at, `model-${number}.safetensors`)
    writeFileSync(file, '')
    truncateSync(file, size)
  }
  return path
}

test('a name without a number: the files tell, by the bytes of one parameter', () => {
  expect(modelParameters('phi-2', [folder({ torch_dtype: 'bfloat16' }, [4e9, 1.6e9])])).toBe(2.8e9)
  expect(modelParameters('tiny', [folder({ dtype: 'float32' }, [4e6], 'snapshots/abc')])).toBe(1e6)
})

test('weights that are packed, of an unknown type or not there tell nothing', () => {
  const packed = { torch_dtype: 'bfloat16', quantization_config: { bits: 4 } }
  const folders = [folder(packed, [1e9]), folder({}, [1e9]), folder({ dtype: 'float16' }, []), '/nonexistent']
  expect(modelParameters('phi-2', folders)).toBeUndefined()
})

test('the name goes before the files', () =>
  expect(modelParameters('a-3B', [folder({ dtype: 'float16' }, [6.4e9])])).toBe(3e9))
