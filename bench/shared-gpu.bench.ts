import { benchmark } from '../fixtures/benchmark.ts'
import { best } from './best.ts'

/** Several vLLM servers on one GPU out of one checkpoint, each with a fifth of it: the ladder's best way, at once. */
const fifth = { strategy: 'clones', gpuMemoryUtil: 0.2, ...best } as const

benchmark(
  'shared-gpu',
  [
    { name: 'gpu-two', servers: 2, ...fifth },
    { name: 'gpu-four', servers: 4, ...fifth },
    { name: 'gpu-four-in-turn', servers: 4, order: 'one-after-the-other', ...fifth },
  ],
  { against: { name: 'gpu-one', servers: 1, ...fifth } },
)
