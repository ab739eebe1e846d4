import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { parseOptions, SHAPES } from './options.ts'

test('defaults', () => {
  expect(parseOptions(['--shape', 'qwen2-1.5b', '--out', '/m'])).toEqual({
    label: 'qwen2-1.5b',
    out: '/m',
    hub: undefined,
    python: 'python3',
    seed: '0',
    what: 'model',
    args: ['qwen2-1.5b', '0', 'none'],
  })
})

test("into the hub's cache, by a name", () => {
  expect(parseOptions(['--shape', 'qwen2-1.5b', '--hub', 'random/qwen2-1.5b'])).toMatchObject({
    out: undefined,
    hub: 'random/qwen2-1.5b',
  })
})

test('fewer layers, FP8, an adapter', () => {
  const fp8 = ['--shape', 'qwen2.5-32b', '--layers', '4', '--quantization', 'fp8', '--seed', '7', '--out', '/m']
  expect(parseOptions(fp8)).toMatchObject({
    label: 'qwen2.5-32b, 4 layers, fp8',
    seed: '7',
    args: ['qwen2.5-32b', '4', 'fp8'],
  })
  const model = mkdtempSync(join(tmpdir(), 'random-model-'))
  onTestFinished(() => rmSync(model, { recursive: true }))
  writeFileSync(join(model, 'config.json'), '{}')
  expect(parseOptions(['--lora-of', model, '--out', '/a'])).toMatchObject({ what: 'lora', args: [model, '16'] })
  expect(() => parseOptions(['--lora-of', model, '--layers', '2', '--out', '/a'])).toThrow('leave out those options')
  expect(() => parseOptions(['--lora-of', model, '--hub', 'a/b'])).toThrow('name it with --out')
})

test.for([
  [[], 'received nothing, allowed are qwen2-0.5b, qwen2-1.5b, qwen2-7b, qwen2.5-14b, qwen2.5-32b'],
  [['--shape', 'toString', '--out', 'm'], 'received "toString"'],
  [['--shape', 'qwen2-7b'], '--out is missing'],
  [['--shape', 'qwen2-7b', '--out', 'm', '--seed', '-1'], '--seed'],
  [['--shape', 'qwen2-7b', '--out', 'm', '--hub', 'a/b'], 'one of them'],
  [['--shape', 'qwen2-7b', '--hub', '../../b'], '--hub: received "../../b"'],
  [['--shape', 'qwen2-7b', '--hub', 'b'], '--hub: received "b"'],
  [['--size', '1'], 'Usage'],
  [['--shape', 'qwen2-7b', '--out', 'm', '--layers', '0'], '--layers: received "0"'],
  [['--shape', 'qwen2-7b', '--out', 'm', '--quantization', 'int4'], 'allowed are none and fp8'],
  [['--shape', 'qwen2-7b', '--out', 'm', '--rank', '8'], '--rank belongs to an adapter'],
  [['--lora-of', '/nowhere', '--out', 'm'], 'no config.json'],
] as const)('%j is refused', ([args, why]) => {
  expect(() => parseOptions([...args])).toThrow(why)
})

test.for(Object.entries(SHAPES))('%s: heads share the hidden size, groups the heads', ([, { config }]) => {
  const of = (name: string) => config[name] as number
  expect(of('hidden_size') % of('num_attention_heads')).toBe(0)
  expect(of('num_attention_heads') % of('num_key_value_heads')).toBe(0)
})
