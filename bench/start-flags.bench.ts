import { benchmark } from '../fixtures/benchmark.ts'

/** What a cold start of vLLM pays for: its caches, its graphs with torch.compile, its loader. */
benchmark(
  'start-flags',
  [
    { strategy: 'cold', compileCache: 'cold' },
    { strategy: 'cold', eager: true },
    { strategy: 'cold', loader: 'fastsafetensors' },
  ],
  { against: { strategy: 'cold' } },
)
