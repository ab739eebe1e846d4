import { expect, test } from 'vitest'
import { type Scenario, type Settings, type StrategyId, scenarioSchema } from '../run/schema.ts'
import { legend, settingsText, tree } from './scenario-tree.ts'

const scenario = (id: string, settings: Settings = {}): Scenario =>
  scenarioSchema.parse({
    id,
    strategy: id.split(/[./]/)[0] as StrategyId,
    settings,
    outcome: 'measured',
    n: 1,
    failed: 0,
  })
const labels = (...scenarios: Scenario[]) => tree(scenarios).map(({ label }) => label)

const asleep = { checkpointAt: 'asleep-2', storage: 'tmpfs-huge' }
const best = { ...asleep, init: true, threads: 'one' }
const ladder = [
  scenario('cold'),
  scenario('podman-in-place/disk'),
  scenario('podman-in-place/asleep', asleep),
  scenario('podman-in-place/asleep-init', { ...asleep, init: true }),
  scenario('podman-in-place/awake', { storage: 'tmpfs' }),
  scenario('podman-in-place/best', best),
  scenario('runtime-direct/best', best),
]

test('a scenario stands below the one whose settings it adds to, by its name', () =>
  expect(labels(...ladder)).toEqual([
    'cold',
    'podman-in-place',
    '  disk',
    '  asleep',
    '    asleep-init',
    '      best',
    '  awake',
    'runtime-direct/best',
  ]))

test('the legend says what names leave unsaid: what each adds, or what it is like', () =>
  expect(legend(ladder)).toEqual([
    'podman-in-place: asleep +checkpoint-at asleep-2 +storage tmpfs-huge; awake +storage tmpfs; best +threads one',
    'runtime-direct: best as podman-in-place/best',
  ]))

test('names that say it all need no legend', () => {
  const all = [
    scenario('podman-import/zstd'),
    scenario('podman-import/none', { compress: 'none' }),
    scenario('cold/page-cache-cold', { pageCache: 'cold' }),
  ]
  expect(legend(all)).toEqual([])
})

test('long ids of earlier runs make the same tree as ever', () => {
  const id = 'podman-in-place.storage-tmpfs-huge'
  expect(
    labels(
      scenario('podman-in-place'),
      scenario(id, { storage: 'tmpfs-huge' }),
      scenario(`${id}.pages-mapped`, { storage: 'tmpfs-huge', pages: 'mapped' }),
    ),
  ).toEqual(['podman-in-place', '  storage-tmpfs-huge', '    pages-mapped'])
  expect(labels(scenario(id), scenario('podman-in-place.storage-disk'))).toEqual([
    'podman-in-place',
    '  storage-tmpfs-huge',
    '  storage-disk',
  ])
  expect(legend([scenario(id, { storage: 'tmpfs-huge' })])).toEqual([])
})

test('every scenario stands in the tree once, named and unnamed ones side by side', () => {
  const all = [...ladder, scenario('podman-in-place', {}), scenario('podman-in-place.thp-never', { thp: 'never' })]
  const found = tree(all).flatMap(branch => branch.scenario ?? [])
  expect(found.map(({ id }) => id).sort()).toEqual(all.map(({ id }) => id).sort())
})

test('all settings, where the id does not say them', () => {
  expect(settingsText(ladder.at(-1)!)).toBe('checkpoint-at asleep-2, storage tmpfs-huge, init true, threads one')
  expect(settingsText(scenario('podman-in-place.thp-never', { thp: 'never' }))).toBe('')
})
