import { benchmark } from '../fixtures/benchmark.ts'

/** The best ways alone, without the minutes of a baseline beside them: for a quick look after a change. */
const best = { strategy: 'podman-in-place', checkpointAt: 'asleep-2', storage: 'tmpfs-huge', thp: 'always', weights: 'tmpfs' } as const

benchmark('best', [
  { ...best, pages: 'mapped' },
  { ...best, pages: 'mapped', strategy: 'runtime-direct' },
  best,
])
