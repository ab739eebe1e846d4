import { benchmark } from '../fixtures/benchmark.ts'

/** From a restore in place to the best way there is: one change a step, so that each shows what it is worth. */
const asleep = { strategy: 'podman-in-place', checkpointAt: 'asleep-2', storage: 'tmpfs-huge' } as const
const hugePages = { ...asleep, thp: 'always' }
const ownWeights = { ...hugePages, weights: 'tmpfs' }
const mapped = { ...ownWeights, pages: 'mapped' }
const ownGraphs = { ...mapped, graphs: 'tmpfs' }
const tinyInit = { ...ownGraphs, init: true }
const best = { ...tinyInit, threads: 'one' }

benchmark(
  'ladder',
  [
    asleep,
    hugePages,
    ownWeights,
    { ...ownWeights, pages: 'no-zeros' },
    mapped,
    ownGraphs,
    tinyInit,
    best,
    { ...best, strategy: 'runtime-direct' },
  ],
  { against: { strategy: 'cold' } },
)
