import { benchmark } from '../fixtures/benchmark.ts'

/** Threads of one server on more cores than it has for itself would wait for each other, and keep others waiting. */
const threads = 'one'
const mapped = { storage: 'tmpfs-huge', pages: 'mapped', threads } as const

/** One checkpoint, many servers: what the last one's first token and each further one's memory cost. */
benchmark(
  'clones',
  [
    { name: 'two', servers: 2, ...mapped },
    { name: 'four', servers: 4, ...mapped },
    { name: 'eight', servers: 8, ...mapped },
    { name: 'four-in-turn', servers: 4, order: 'one-after-the-other', ...mapped },
    { name: 'four-read', servers: 4, storage: 'tmpfs-huge', threads },
    { name: 'four-from-image', servers: 4, order: 'one-after-the-other', from: 'image', storage: 'disk', threads },
    { name: 'four-from-archive', servers: 4, from: 'archive', storage: 'disk', threads },
  ],
  { against: { name: 'one', servers: 1, ...mapped } },
)
