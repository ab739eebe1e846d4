import { benchmark } from '../fixtures/benchmark.ts'

/** Two models, room for one: from the request for the other to its first token. */
benchmark(
  'swap',
  [
    { name: 'restore', by: 'restore', storage: 'tmpfs-huge' },
    { name: 'restore-killed', by: 'restore', storage: 'tmpfs-huge', leaves: 'killed' },
    { name: 'restore-beside', by: 'restore', storage: 'tmpfs-huge', leaves: 'killed', arrives: 'beside' },
    { name: 'suspend', by: 'suspend' },
    { name: 'sleep', by: 'sleep' },
  ],
  { against: { name: 'cold', by: 'cold' } },
)
