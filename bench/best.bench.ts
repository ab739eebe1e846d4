import { benchmark } from '../fixtures/benchmark.ts'

/**
 * The best ways through CRIU without the steps that lead to them: the ladder's last rows. Beside two cold starts,
 * vLLM's own and the fastest, which is the baseline.
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
  served: true,
  queues: 'one',
  stacks: 'given-back',
} as const

benchmark(
  'best',
  [{ strategy: 'cold' }, { strategy: 'podman-in-place', ...best }, { strategy: 'runtime-direct', ...best }],
  { against: { strategy: 'cold', name: 'forked', processes: 'forked' } },
)
