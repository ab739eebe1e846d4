import { benchmark } from '../fixtures/benchmark.ts'

/**
 * As bench/gpu-in-turns, by stopping one and starting the other cold; beside it vLLM's own sleep, with the weights in
 * host memory, and GPU state in host memory.
 */
benchmark(
  'gpu-in-turns-slower',
  [
    { strategy: 'swap', name: 'sleep', by: 'sleep' },
    { strategy: 'swap', name: 'gpu-suspended', by: 'suspend', gpuMemoryUtil: 0.2 },
  ],
  { against: { strategy: 'swap', name: 'cold', by: 'cold' } },
)
