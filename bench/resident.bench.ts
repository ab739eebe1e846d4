import { benchmark } from '../fixtures/benchmark.ts'

/** The processes stayed: the best of both ways, without the minutes of a baseline beside them. */
benchmark('resident', [
  { strategy: 'engine-wake', name: 'level-2-weights', level: 2, weights: 'tmpfs' },
  { strategy: 'cuda-resume', name: 'asleep-weights', checkpointAt: 'asleep-2', weights: 'tmpfs' },
])
