import { benchmark } from '../fixtures/benchmark.ts'

/** Without podman's layer: what it costs. */
benchmark('runtime-direct', [{ storage: 'tmpfs' }], { against: { strategy: 'cold' } })
