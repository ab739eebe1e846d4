import { expect, test } from 'vitest'
import { checkOut } from './bundle.ts'
import { parseOptions, partSize } from './options.ts'

test.for([
  ['57MB', 57e6],
  ['57M', 57e6],
  ['1.5GB', 1.5e9],
  ['60MiB', 60 * 2 ** 20],
  ['2000000', 2e6],
] as const)('%s is %i bytes', ([text, bytes]) => {
  expect(partSize(text)).toBe(bytes)
})

test.for(['', '57', '57 TB', '-1MB', 'big', '100kB'])('%j is no part size', text => {
  expect(() => partSize(text)).toThrow(`received "${text}"`)
})

test('defaults', () => {
  expect(parseOptions(['--out', '/tmp/b'])).toEqual({
    out: '/tmp/b',
    partSize: 57e6,
    wheels: [],
    have: [],
    override: [],
    slim: false,
    python: '3.12',
    engine: true,
  })
})

test('without the embedded engine', () => {
  expect(parseOptions(['--out', '/tmp/b', '--no-engine'])).toMatchObject({ engine: false })
})

test('several wheels', () => {
  expect(parseOptions(['--out', 'b', '--wheels', 'vllm==0.26.0', '--wheels', 'six'])).toMatchObject({
    wheels: ['vllm==0.26.0', 'six'],
  })
})

test('versions that packages do not ask for', () => {
  expect(
    parseOptions(['--out', 'b', '--override', 'torch==2.11.0', '--override', 'torchvision==0.26.0']),
  ).toMatchObject({ override: ['torch==2.11.0', 'torchvision==0.26.0'] })
})

test.for([
  [[], '--out is missing'],
  [['--out', 'b', '--wheels=--index-url'], 'received "--index-url"'],
  [['--out', 'b', '--override=--no-build'], '--override: received "--no-build"'],
  [['--out', 'b', '--override', 'torch ==2'], '--override: received "torch ==2"'],
  [['--out', 'b', '--have', '/nowhere'], 'no file /nowhere'],
  [['--out', 'b', '--python', '3'], 'received "3"'],
  [['out'], 'Usage'],
] as const)('%j is refused', ([args, why]) => {
  expect(() => parseOptions([...args])).toThrow(why)
})

test('a folder with something else in it is not replaced', () => {
  expect(() => checkOut(import.meta.dirname)).toThrow(/is not empty and does not hold a bundle/)
  expect(() => checkOut('/nowhere')).not.toThrow()
})
