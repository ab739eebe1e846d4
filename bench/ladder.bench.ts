import { benchmark } from '../fixtures/benchmark.ts'

/**
 * From the original scripts' import (bench/seed.bench.ts), where the host has room for it, over a restore in place to
 * the best way there is: one change a step, so that each shows what it is worth. Compared with the fastest cold start:
 * vLLM's own way to start the engine costs a quarter more (bench/best.bench.ts has it).
 */
const asleep = { strategy: 'podman-in-place', checkpointAt: 'asleep-2', storage: 'tmpfs-huge' } as const
const hugePages = { ...asleep, thp: 'always' } as const
const keptWeights = { ...hugePages, weights: 'tmpfs' } as const
const mapped = { ...keptWeights, pages: 'mapped' } as const
const keptGraphs = { ...mapped, graphs: 'tmpfs' } as const
const tinyInit = { ...keptGraphs, init: true } as const
const oneThread = { ...tinyInit, threads: 'one' } as const
const served = { ...oneThread, served: true } as const
const oneQueue = { ...served, queues: 'one' } as const
const best = { ...oneQueue, stacks: 'given-back' } as const

benchmark(
  'ladder',
  [
    { strategy: 'podman-import', name: 'awake-zstd', gpuMemory: 21.7e9 },
    { name: 'asleep', ...asleep },
    { name: 'asleep-thp', ...hugePages },
    { name: 'asleep-weights', ...keptWeights },
    { name: 'asleep-no-zeros', ...keptWeights, pages: 'no-zeros' },
    { name: 'asleep-mapped', ...mapped },
    { name: 'asleep-graphs', ...keptGraphs },
    { name: 'asleep-init', ...tinyInit },
    { name: 'asleep-threads', ...oneThread },
    { name: 'asleep-served', ...served },
    { name: 'asleep-queue', ...oneQueue },
    { name: 'best', ...best },
    { name: 'best', ...best, strategy: 'runtime-direct' },
  ],
  { against: { strategy: 'cold', name: 'forked', processes: 'forked' } },
)
