import { benchmark } from '../fixtures/benchmark.ts'

/** One server on two GPUs: how it starts, in each way that its GPUs can talk to each other, and how it comes back. */
const two = { name: 'tp2', tensorParallel: 2 } as const
const kept = { ...two, weights: 'tmpfs' } as const
const mapped = {
  ...kept,
  strategy: 'podman-in-place',
  checkpointAt: 'asleep-2',
  storage: 'tmpfs-huge',
  thp: 'always',
  pages: 'mapped',
  init: true,
  threads: 'one',
} as const
const best = { ...mapped, graphs: 'tmpfs', served: true, queues: 'one', stacks: 'given-back' } as const

benchmark(
  'tensor-parallel',
  [
    { ...two, name: 'tp2-sockets', strategy: 'cold', allReduce: 'sockets' },
    { ...two, name: 'tp2-as-vllm-chooses', strategy: 'cold', allReduce: 'as-vllm-chooses' },
    { ...kept, strategy: 'engine-wake', level: 2 },
    { ...kept, strategy: 'cuda-resume', checkpointAt: 'asleep-2' },
    { ...mapped },
    { ...best, name: 'tp2-best' },
    { ...best, name: 'tp2-best-sockets', allReduce: 'sockets' },
  ],
  { against: { ...two, strategy: 'cold' } },
)
