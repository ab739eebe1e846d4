import { benchmark } from '../fixtures/benchmark.ts'

/**
 * The original scripts' case: an archive, compressed with zstd, of a server that is awake and holds 0.9 of an A10, as
 * many bytes on any GPU, imported into storage on disk; then one change a step: asleep, without compression, without
 * the archive.
 */
benchmark(
  'seed',
  [
    { strategy: 'podman-import', name: 'awake-zstd', gpuMemory: 21.7e9 },
    { strategy: 'podman-import', name: 'asleep-zstd', checkpointAt: 'asleep-2' },
    { strategy: 'podman-import', name: 'asleep-none', checkpointAt: 'asleep-2', compress: 'none' },
    { strategy: 'podman-in-place', name: 'asleep-disk', checkpointAt: 'asleep-2' },
  ],
  { against: { strategy: 'cold' } },
)
