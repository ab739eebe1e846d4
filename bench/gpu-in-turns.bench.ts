import { benchmark } from '../fixtures/benchmark.ts'

/** The ladder's best way through CRIU, for a server that is killed and comes back from its first dump. */
const restored = {
  strategy: 'swap',
  by: 'restore',
  leaves: 'killed',
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

/** Two vLLM servers that take turns on one GPU: MODEL_ID and SECOND_MODEL_ID. A cold start of both is in bench/swap. */
benchmark('gpu-in-turns', [
  { strategy: 'swap', name: 'sleep', by: 'sleep' },
  { name: 'gpu-restored', ...restored },
  { strategy: 'swap', name: 'gpu-suspended', by: 'suspend', gpuMemoryUtil: 0.2 },
])
