import { benchmark } from '../fixtures/benchmark.ts'

/**
 * The best ways through CRIU alone, without the minutes of a baseline beside them: for a quick look after a change, or
 * for another model.
 */
const best = {
  name: 'best',
  checkpointAt: 'asleep-2',
  storage: 'tmpfs-huge',
  thp: 'always',
  weights: 'tmpfs',
  pages: 'mapped',
  graphs: 'tmpfs',
  init: true,
  threads: 'one',
} as const

benchmark('best', [
  { strategy: 'podman-in-place', ...best },
  { strategy: 'runtime-direct', ...best },
])
