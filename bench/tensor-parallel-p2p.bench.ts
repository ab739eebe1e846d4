import { benchmark } from '../fixtures/benchmark.ts'

/**
 * One server on two GPUs that reach each other's memory while it serves: its communicators are taken down before the
 * checkpoint and made again after the restore, so without CUDA graphs. Beside bench/tensor-parallel-eager.bench.ts.
 */
const p2p = {
  name: 'tp2-p2p',
  tensorParallel: 2,
  allReduce: 'p2p',
  eager: true,
  weights: 'tmpfs',
  init: true,
  threads: 'one',
} as const
const custom = { ...p2p, name: 'tp2-p2p-custom', allReduce: 'p2p-custom' } as const
const mapped = {
  strategy: 'podman-in-place',
  checkpointAt: 'asleep-2',
  storage: 'tmpfs-huge',
  thp: 'always',
  pages: 'mapped',
} as const

benchmark(
  'tensor-parallel-p2p',
  [
    { ...p2p, strategy: 'engine-wake', level: 2 },
    { ...p2p, strategy: 'cuda-resume', checkpointAt: 'asleep-2' },
    { ...p2p, ...mapped },
    { ...custom, strategy: 'engine-wake', level: 2 },
    { ...custom, ...mapped },
  ],
  { against: { ...p2p, strategy: 'cold' } },
)
