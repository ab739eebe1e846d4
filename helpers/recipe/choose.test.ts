import { expect, test } from 'vitest'
import type { Scenario, Settings } from '../../reports/run/schema.ts'
import { choose, gains } from './choose.ts'

const scenario = (id: string, p50: number | undefined, settings: Settings = {}): Scenario => ({
  id,
  strategy: id.split('/')[0] as Scenario['strategy'],
  settings,
  outcome: p50 === undefined ? 'skipped' : 'measured',
  ...(p50 === undefined ? { reason: 'needs a GPU' } : { tfft: { p50, min: p50, max: p50, ci95: [p50, p50] } }),
  n: 5,
  failed: 0,
  phases: [],
  baseline: false,
  trials: [],
  unchecked: [],
  targets: [],
})
const scenarios = [
  scenario('cold', 9),
  scenario('podman-in-place/plain', 3),
  scenario('podman-in-place/huge', 2.5, { storage: 'tmpfs-huge' }),
  scenario('podman-in-place/best', 1.25, { storage: 'tmpfs-huge', pages: 'mapped', thp: 'always' }),
  scenario('podman-in-place/mapped', 1.5, { storage: 'tmpfs-huge', pages: 'mapped' }),
  scenario('podman-in-place/skipped', undefined, { graphs: 'tmpfs' }),
  scenario('runtime-direct/best', 1),
]

test('the fastest restore in place, or the one that is asked for', () => {
  expect(choose({ scenarios }).id).toBe('podman-in-place/best')
  expect(choose({ scenarios }, 'podman-in-place/plain').id).toBe('podman-in-place/plain')
})

test('what a recipe cannot repeat is refused with what it can', () => {
  const all = /can be made of: podman-in-place\/plain, podman-in-place\/huge/
  expect(() => choose({ scenarios }, 'runtime-direct/best')).toThrow(/restores in another way \(runtime-direct\)/)
  expect(() => choose({ scenarios }, 'podman-in-place/skipped')).toThrow(/was not measured: needs a GPU/)
  expect(() => choose({ scenarios }, 'nobody')).toThrow(all)
  expect(() => choose({ scenarios: [scenarios[0]!] })).toThrow('measured no restore in place')
})

test('a gain is what one setting changed between two scenarios of the run', () => {
  const found = gains({ scenarios }, scenarios[3]!)
  expect([...found.keys()]).toEqual(['storage', 'pages', 'thp'])
  expect(found.get('thp')).toBe(
    'thp always: TFFT 1.25 s (1.25–1.25, n = 5), 1.50 s (1.50–1.50, n = 5) with thp as usual (podman-in-place/mapped).',
  )
  expect(found.get('pages')).toMatch(/^pages mapped: TFFT 1\.50 s .* 2\.50 s .*\(podman-in-place\/huge\)\.$/)
  expect(gains({ scenarios: [scenarios[3]!] }, scenarios[3]!).get('pages')).toContain('not measured by itself')
})
