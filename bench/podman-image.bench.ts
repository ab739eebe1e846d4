import { benchmark } from '../fixtures/benchmark.ts'

/** A checkpoint as an OCI image, beside the archive that holds the same and is read three times. */
benchmark(
  'podman-image',
  [
    { name: 'disk', storage: 'disk' },
    { name: 'tmpfs', storage: 'tmpfs' },
    { strategy: 'podman-import', name: 'none', compress: 'none' },
    { strategy: 'podman-import', name: 'zstd', compress: 'zstd' },
  ],
  { against: { strategy: 'cold' } },
)
