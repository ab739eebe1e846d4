import { benchmark } from '../fixtures/benchmark.ts'

/**
 * One server on two GPUs without CUDA graphs: the first steps towards bench/tensor-parallel.bench.ts. All share one
 * command, so that few starts are needed.
 */
const eager = {
  name: 'tp2-eager',
  tensorParallel: 2,
  eager: true,
  weights: 'tmpfs',
  init: true,
  threads: 'one',
} as const
const inPlace = { ...eager, strategy: 'podman-in-place', checkpointAt: 'asleep-2', storage: 'tmpfs-huge' } as const

benchmark(
  'tensor-parallel-eager',
  [
    { ...eager, strategy: 'engine-wake', level: 2 },
    { ...eager, strategy: 'cuda-resume', checkpointAt: 'asleep-2' },
    { ...inPlace },
    { ...inPlace, name: 'tp2-eager-mapped', thp: 'always', pages: 'mapped' },
  ],
  { against: { ...eager, strategy: 'cold' } },
)
