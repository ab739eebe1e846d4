import { expect, test } from 'vitest'
import { didYouMean, nearest } from './nearest.ts'

const known = ['storage', 'pages', 'thp', 'checkpointAt', 'weights', 'podman-in-place/tmpfs', 'podman-in-place/best']

test.for([
  ['storge', 'storage'],
  ['pgaes', 'pages'],
  ['checkpointat', 'checkpointAt'],
  ['weight', 'weights'],
  ['podman-in-plase/best', 'podman-in-place/best'],
  ['best', 'podman-in-place/best'],
] as const)('%s is near %s', ([slip, meant]) => expect(nearest(slip, known)[0]).toBe(meant))

test('a word that is like none proposes nothing', () => {
  expect(nearest('colour', known)).toEqual([])
  expect(didYouMean('colour', known)).toBe('')
  expect(nearest('x', [])).toEqual([])
})

test('the nearest come first, no more than asked for, each once', () => {
  expect(nearest('podman-in-place/bests', [...known, ...known], 2)).toEqual([
    'podman-in-place/best',
    'podman-in-place/tmpfs',
  ])
  expect(didYouMean('podman-in-place/bests', known)).toBe('; did you mean "podman-in-place/best"?')
  expect(didYouMean('podman-in-place/bests', known, 2)).toMatch(/best" or "podman-in-place\/tmpfs"\?$/)
})

test('a very long word takes no time', () => expect(nearest('a'.repeat(1e7), known)).toEqual([]), 2000)
