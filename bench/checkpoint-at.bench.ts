import { benchmark } from '../fixtures/benchmark.ts'

/**
 * When vLLM's checkpoint is taken, with how much of the GPU, and where it lies. All is compared with an awake server's.
 */
const asleep = { strategy: 'podman-in-place', checkpointAt: 'asleep-2', storage: 'tmpfs-huge' } as const

benchmark('checkpoint-at', [
  { strategy: 'podman-in-place', storage: 'tmpfs-huge', gpuMemoryUtil: 0.3 },
  { ...asleep, checkpointAt: 'asleep-1' },
  asleep,
  { ...asleep, gpuMemoryUtil: 0.5 },
  { ...asleep, gpuMemoryUtil: 0.3 },
  { ...asleep, storage: 'tmpfs' },
  { ...asleep, storage: 'disk' },
])
