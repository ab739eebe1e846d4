import { benchmark } from '../fixtures/benchmark.ts'
import { best } from './best.ts'

/**
 * The best ways through CRIU without the steps that lead to them: the ladder's last rows. Beside two cold starts,
 * vLLM's own and the fastest, which is the baseline.
 */
benchmark(
  'best',
  [
    { strategy: 'cold' },
    { strategy: 'podman-in-place', name: 'best', ...best },
    { strategy: 'runtime-direct', name: 'best', ...best },
  ],
  { against: { strategy: 'cold', name: 'forked', processes: 'forked' } },
)
