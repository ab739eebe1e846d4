import { benchmark } from '../fixtures/benchmark.ts'

/** The process stayed; only its GPU state went to host memory. */
benchmark('cuda-resume', [{ name: 'awake' }], { against: { strategy: 'cold' } })
