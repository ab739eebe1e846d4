import { benchmark } from '../fixtures/benchmark.ts'

/** The processes stayed: the best of both ways, without the minutes of a baseline beside them. */
benchmark('resident', [
  { strategy: 'engine-wake', level: 2, weights: 'tmpfs' },
  { strategy: 'cuda-resume', checkpointAt: 'asleep-2', weights: 'tmpfs' },
])
