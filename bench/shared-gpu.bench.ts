import { benchmark } from '../fixtures/benchmark.ts'

/** Several vLLM servers on one GPU out of one checkpoint, each with a fifth of it: the ladder's best way, at once. */
const fifth = {
  strategy: 'clones',
  gpuMemoryUtil: 0.2,
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

benchmark('shared-gpu', [
  { name: 'gpu-one', servers: 1, ...fifth },
  { name: 'gpu-two', servers: 2, ...fifth },
  { name: 'gpu-four', servers: 4, ...fifth },
  { name: 'gpu-four-in-turn', servers: 4, order: 'one-after-the-other', ...fifth },
])
