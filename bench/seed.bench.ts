import { benchmark } from '../fixtures/benchmark.ts'

/**
 * The original scripts' case: an archive, compressed with zstd, of a server that is awake and holds an A10's 20 GB,
 * imported into storage on disk; then one change a step: asleep, without compression, without the archive.
 */
benchmark(
  'seed',
  [
    { strategy: 'podman-import', name: 'awake-gpu-25', gpuMemoryUtil: 0.25 },
    { strategy: 'podman-import', name: 'asleep-zstd', checkpointAt: 'asleep-2' },
    { strategy: 'podman-import', name: 'asleep-none', checkpointAt: 'asleep-2', compress: 'none' },
    { strategy: 'podman-in-place', name: 'asleep-disk', checkpointAt: 'asleep-2' },
  ],
  { against: { strategy: 'cold' } },
)
