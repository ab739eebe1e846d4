import { expect, test } from 'vitest'
import { parseOptions, SHAPES } from './options.ts'

test('defaults', () => {
  expect(parseOptions(['--shape', 'qwen2-1.5b', '--out', '/m'])).toEqual({
    shape: 'qwen2-1.5b',
    out: '/m',
    hub: undefined,
    python: 'python3',
    seed: 0,
  })
})

test("into the hub's cache, by a name", () => {
  expect(parseOptions(['--shape', 'qwen2-1.5b', '--hub', 'random/qwen2-1.5b'])).toMatchObject({
    out: undefined,
    hub: 'random/qwen2-1.5b',
  })
})

test.for([
  [[], 'received nothing, there are qwen2-0.5b, qwen2-1.5b, qwen2-7b, qwen2.5-14b, qwen2.5-32b'],
  [['--shape', 'toString', '--out', 'm'], 'received "toString"'],
  [['--shape', 'qwen2-7b'], '--out is missing'],
  [['--shape', 'qwen2-7b', '--out', 'm', '--seed', '-1'], '--seed'],
  [['--shape', 'qwen2-7b', '--out', 'm', '--hub', 'a/b'], 'one of them'],
  [['--shape', 'qwen2-7b', '--hub', '../../b'], '--hub: received "../../b"'],
  [['--shape', 'qwen2-7b', '--hub', 'b'], '--hub: received "b"'],
  [['--size', '1'], 'Usage'],
] as const)('%j is refused', ([args, why]) => {
  expect(() => parseOptions([...args])).toThrow(why)
})

test.for(Object.entries(SHAPES))('%s: heads share the hidden size, groups the heads', ([, { config }]) => {
  const of = (name: string) => config[name] as number
  expect(of('hidden_size') % of('num_attention_heads')).toBe(0)
  expect(of('num_attention_heads') % of('num_key_value_heads')).toBe(0)
})
