import { benchmark } from '../fixtures/benchmark.ts'

const mapped = { storage: 'tmpfs-huge', pages: 'mapped' } as const

/** One checkpoint, many servers: what the last one's first token and each further one's memory cost. */
benchmark('clones', [
  { name: 'one', servers: 1, ...mapped },
  { name: 'two', servers: 2, ...mapped },
  { name: 'four', servers: 4, ...mapped },
  { name: 'eight', servers: 8, ...mapped },
  { name: 'four-in-turn', servers: 4, order: 'one-after-the-other', ...mapped },
  { name: 'four-read', servers: 4, storage: 'tmpfs-huge' },
  { name: 'four-from-image', servers: 4, order: 'one-after-the-other', from: 'image', storage: 'disk' },
])
