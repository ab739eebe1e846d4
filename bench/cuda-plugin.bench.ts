import { benchmark } from '../fixtures/benchmark.ts'

/** Who moves GPU state: the suite through the driver, or CRIU's own plugin, which starts a program for every step. */
const asleep = {
  strategy: 'podman-in-place',
  checkpointAt: 'asleep-2',
  storage: 'tmpfs-huge',
  weights: 'tmpfs',
  pages: 'mapped',
  init: true,
} as const

benchmark('cuda-plugin', [
  { name: 'suite', ...asleep },
  { name: 'criu-plugin', ...asleep, cuda: 'criu-plugin' },
  { name: 'suite-eager', ...asleep, eager: true },
  { name: 'criu-plugin-eager', ...asleep, eager: true, cuda: 'criu-plugin' },
])
