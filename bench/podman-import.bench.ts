import { benchmark } from '../fixtures/benchmark.ts'

/** As the original scripts did: an archive in tmpfs, imported. Podman compresses with zstd unless told otherwise. */
benchmark(
  'podman-import',
  [
    { name: 'zstd', compress: 'zstd' },
    { name: 'gzip', compress: 'gzip' },
    { name: 'none', compress: 'none' },
  ],
  { against: { strategy: 'cold' } },
)
