import { expect, test } from 'vitest'
import { parseOptions, SHAPES } from './options.ts'

test('defaults', () => {
  expect(parseOptions(['--shape', 'qwen2-1.5b', '--out', '/m'])).toEqual({
    shape: 'qwen2-1.5b',
    out: '/m',
    python: 'python3',
    seed: 0,
  })
})

test.for([
  [[], 'received nothing, there are qwen2-0.5b, qwen2-1.5b, qwen2-7b, qwen2.5-14b, qwen2.5-32b'],
  [['--shape', 'toString', '--out', 'm'], 'received "toString"'],
  [['--shape', 'qwen2-7b'], '--out is missing'],
  [['--shape', 'qwen2-7b', '--out', 'm', '--seed', '-1'], '--seed'],
  [['--size', '1'], 'Usage'],
] as const)('%j is refused', ([args, why]) => {
  expect(() => parseOptions([...args])).toThrow(why)
})

test.for(Object.entries(SHAPES))('%s: heads share the hidden size, groups the heads', ([, { config }]) => {
  const of = (name: string) => config[name] as number
  expect(of('hidden_size') % of('num_attention_heads')).toBe(0)
  expect(of('num_attention_heads') % of('num_key_value_heads')).toBe(0)
})
