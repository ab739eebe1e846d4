import { benchmark } from '../fixtures/benchmark.ts'

/** The engine's own snapshot: vLLM 0.31 and newer. */
benchmark('engine-snapshot', [{ name: 'tmpfs', storage: 'tmpfs' }], { against: { strategy: 'cold' } })
