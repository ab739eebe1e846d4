import { benchmark } from '../fixtures/benchmark.ts'

/** What a cold start of vLLM pays for: its caches, its graphs with torch.compile, its loader, its processes. */
benchmark(
  'start-flags',
  [
    { strategy: 'cold', name: 'compile-cache-cold', compileCache: 'cold' },
    { strategy: 'cold', name: 'eager', eager: true },
    { strategy: 'cold', name: 'fastsafetensors', loader: 'fastsafetensors' },
    { strategy: 'cold', name: 'forked', processes: 'forked' },
  ],
  { against: { strategy: 'cold' } },
)
