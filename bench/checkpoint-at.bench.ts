import { benchmark } from '../fixtures/benchmark.ts'

/**
 * When vLLM's checkpoint is taken, with how much of the GPU, and where it lies. All is compared with an awake server's.
 */
const asleep = { strategy: 'podman-in-place', checkpointAt: 'asleep-2', storage: 'tmpfs-huge' } as const

benchmark('checkpoint-at', [
  { name: 'awake-gpu-30', strategy: 'podman-in-place', storage: 'tmpfs-huge', gpuMemoryUtil: 0.3 },
  { name: 'asleep-level-1', ...asleep, checkpointAt: 'asleep-1' },
  { name: 'asleep', ...asleep },
  { name: 'asleep-gpu-50', ...asleep, gpuMemoryUtil: 0.5 },
  { name: 'asleep-gpu-30', ...asleep, gpuMemoryUtil: 0.3 },
  { name: 'asleep-tmpfs', ...asleep, storage: 'tmpfs' },
  { name: 'asleep-disk', ...asleep, storage: 'disk' },
])
