import { benchmark } from '../fixtures/benchmark.ts'
import { best } from './best.ts'

/** The engine's own snapshot, vLLM 0.31 and newer, beside the best way of this suite and the fastest cold start. */
benchmark(
  'engine-snapshot',
  [
    { name: 'tmpfs', storage: 'tmpfs' },
    { strategy: 'podman-in-place', name: 'best', ...best },
  ],
  { against: { strategy: 'cold', name: 'forked', processes: 'forked' } },
)
