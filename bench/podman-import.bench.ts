import { benchmark } from '../fixtures/benchmark.ts'

/** The seed's way: an archive in tmpfs, imported. Podman compresses with zstd unless told otherwise. */
benchmark('podman-import', [{ compress: 'zstd' }, { compress: 'gzip' }, { compress: 'none' }], {
  against: { strategy: 'cold' },
})
