import { benchmark } from '../fixtures/benchmark.ts'

/** No archive: the stopped container is restored where it lies. */
benchmark(
  'podman-in-place',
  [
    { storage: 'disk' },
    { storage: 'tmpfs' },
    { storage: 'tmpfs-huge' },
    { storage: 'tmpfs-huge', pages: 'no-zeros' },
    { storage: 'tmpfs-huge', pages: 'mapped' },
  ],
  { against: { strategy: 'cold' } },
)
