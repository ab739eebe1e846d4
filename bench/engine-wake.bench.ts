import { benchmark } from '../fixtures/benchmark.ts'

/** The engine stayed and slept: level 1 keeps the weights in host memory, level 2 drops them. */
benchmark(
  'engine-wake',
  [
    { name: 'level-1', level: 1 },
    { name: 'level-2', level: 2 },
    { name: 'level-2-weights', level: 2, weights: 'tmpfs' },
  ],
  { against: { strategy: 'cold' } },
)
