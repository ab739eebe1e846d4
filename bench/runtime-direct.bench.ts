import { benchmark } from '../fixtures/benchmark.ts'

/** Without podman's layer: what it costs. */
benchmark('runtime-direct', [{ name: 'tmpfs', storage: 'tmpfs' }], { against: { strategy: 'cold' } })
