import { benchmark } from '../fixtures/benchmark.ts'

/**
 * The best ways through CRIU alone, without the minutes of a baseline beside them: for a quick look after a change, or
 * for another model.
 */
const best = {
  strategy: 'podman-in-place',
  checkpointAt: 'asleep-2',
  storage: 'tmpfs-huge',
  thp: 'always',
  weights: 'tmpfs',
  pages: 'mapped',
  graphs: 'tmpfs',
  init: true,
  threads: 'one',
} as const

benchmark('best', [best, { ...best, strategy: 'runtime-direct' }])
