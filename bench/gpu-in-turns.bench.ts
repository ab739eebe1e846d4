import { benchmark } from '../fixtures/benchmark.ts'
import { best, server } from './best.ts'

/**
 * Two vLLM servers that take turns on one GPU: MODEL_ID and SECOND_MODEL_ID. By restore, a server is killed each time
 * and comes back from its first dump. Beside the other, most of the KV cache is mapped when there is room again. The
 * slower ways have a file of their own, because everything in a file is prepared before its first trial.
 */
benchmark('gpu-in-turns', [
  { strategy: 'swap', name: 'sleep-weights', by: 'sleep', ...server },
  { strategy: 'swap', name: 'sleep-beside', by: 'sleep', arrives: 'beside', kvCache: 'late', ...server },
  { strategy: 'swap', name: 'gpu-restored', by: 'restore', leaves: 'killed', ...best },
  {
    strategy: 'swap',
    name: 'gpu-beside',
    by: 'restore',
    leaves: 'killed',
    arrives: 'beside',
    kvCache: 'late',
    ...best,
  },
])
