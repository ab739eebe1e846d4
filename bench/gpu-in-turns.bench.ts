import { benchmark } from '../fixtures/benchmark.ts'
import { best } from './best.ts'

/**
 * Two vLLM servers that take turns on one GPU: MODEL_ID and SECOND_MODEL_ID. The one that is restored is killed each
 * time, and comes back from its first dump. A cold start of both is in bench/swap.
 */
benchmark('gpu-in-turns', [
  { strategy: 'swap', name: 'sleep', by: 'sleep' },
  { strategy: 'swap', name: 'gpu-restored', by: 'restore', leaves: 'killed', ...best },
  { strategy: 'swap', name: 'gpu-suspended', by: 'suspend', gpuMemoryUtil: 0.2 },
])
