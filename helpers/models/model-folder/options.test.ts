import { expect, test } from 'vitest'
import { parseOptions } from './options.ts'

test('a file, or the embedded default', () => {
  expect(parseOptions(['/m.gguf', '--out', '/m'])).toEqual({ gguf: '/m.gguf', out: '/m' })
  expect(parseOptions(['--out', '/m'])).toEqual({ gguf: undefined, out: '/m' })
})

test.for([
  [['a.gguf'], '--out is missing'],
  [['a.gguf', 'b.gguf', '--out', '/m'], 'received a.gguf b.gguf'],
  [['--gguf', 'a'], 'Usage'],
  [['--out', '/proc/m'], 'allowed is a path outside /proc'],
] as const)('%j is refused', ([args, why]) => expect(() => parseOptions([...args])).toThrow(why))
