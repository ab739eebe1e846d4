import { benchmark } from '../fixtures/benchmark.ts'

/** What CRIU's debug log costs: runc asks for level 4, level 3 leaves the debug lines out. */
const restore = { strategy: 'podman-in-place', storage: 'tmpfs-huge' } as const

benchmark('criu-log', [
  restore,
  { ...restore, criuLogLevel: 3 },
], { against: { strategy: 'cold' } })
