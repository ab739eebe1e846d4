import { benchmark } from '../fixtures/benchmark.ts'

/** No archive: the stopped container is restored where it lies. */
benchmark(
  'podman-in-place',
  [
    { name: 'disk', storage: 'disk' },
    { name: 'tmpfs', storage: 'tmpfs' },
    { name: 'tmpfs-huge', storage: 'tmpfs-huge' },
    { name: 'no-zeros', storage: 'tmpfs-huge', pages: 'no-zeros' },
    { name: 'mapped', storage: 'tmpfs-huge', pages: 'mapped' },
  ],
  { against: { strategy: 'cold' } },
)
