import { scene } from '../../analysis/findings/facts.ts'
import type { Facts } from '../../analysis/findings/rule.ts'

/**
 * The shape of a run on a GPU host, with figures near those of an H100: long ids, many phases, a baseline of minutes
 * beside a restore of a second.
 */
export function gpuShape(): Facts {
  const id = 'podman-in-place.checkpoint-at-asleep-2.storage-tmpfs-huge'
  const settings = { checkpointAt: 'asleep-2', storage: 'tmpfs-huge' }
  const restored = (criu: number, wake: Record<string, number>) => ({
    podman: 0.18,
    'criu.fork': 0.14,
    'criu.restore': criu,
    'cuda.restore': 0.36,
    'cuda.unlock': 0.004,
    ...wake,
    'first-token': 0.016,
  })
  const whole = { 'engine.wake': 1.6 }
  const parts = { 'engine.wake.map': 0.31, 'engine.wake.copy': 0.16, 'engine.wake.reply': 0.05 }
  const step = (
    name: string,
    more: Record<string, string>,
    phases: Record<string, number>,
    dram: number,
    strategy: 'podman-in-place' | 'runtime-direct' = 'podman-in-place',
  ) => ({
    id: name,
    strategy,
    settings: { ...settings, ...more },
    phases,
    unattributed: 0.01,
    checkpoint: { bytes: dram, pages: Math.round(dram / 4096), create_time: 9 },
    memory: { dram },
    evidence: {
      'images.storage': 'tmpfs-huge',
      thp: more.thp ?? 'madvise',
      'criu.pages_restored': Math.round(4e9 / 4096),
    },
  })
  return scene(
    [
      {
        id: 'cold',
        baseline: true,
        tfft: [47.1, 47.5, 48, 50.6, 47.3],
        phases: {
          'container.create': 0.4,
          'engine.imports': 19.4,
          'engine.init': 1.5,
          'engine.weights': 1.7,
          'engine.compile': 3.9,
          'engine.kv-cache': 1.9,
          'engine.graphs': 3.7,
          'engine.warm-up': 1.1,
          'engine.api': 12,
          'first-token': 0.05,
        },
        memory: { dram: 0 },
      },
      {
        id: 'podman-import.gpu-memory-util-0.25',
        strategy: 'podman-import',
        settings: { gpuMemoryUtil: 0.25 },
        tfft: [118, 120, 121, 124.5, 119],
        phases: {
          podman: 0.2,
          'archive.find-runtime': 33,
          'archive.read-config': 34,
          'archive.unpack': 38,
          'criu.fork': 0.2,
          'criu.restore': 9,
          'cuda.restore': 4.4,
          'cuda.unlock': 0.01,
          'first-token': 0.05,
        },
        memory: { dram: 18.2e9 },
        evidence: {
          'archive.passes': 3,
          'archive.bytes': 18.2e9,
          'archive.compression': 'zstd',
          'images.storage': 'disk',
          'checkpoint.kv_bytes': 14.1e9,
          'checkpoint.weights_bytes': 3.2e9,
        },
        checkpoint: { bytes: 18.2e9, pages: 5e6, create_time: 60 },
      },
      step(id, {}, restored(1.6, whole), 4.1e9),
      step(`${id}.thp-always`, { thp: 'always' }, restored(1.36, whole), 4.1e9),
      step(`${id}.thp-always.weights-tmpfs`, { thp: 'always', weights: 'tmpfs' }, restored(1.36, parts), 7.9e9),
      step(
        `${id}.thp-always.weights-tmpfs.pages-no-zeros`,
        { thp: 'always', weights: 'tmpfs', pages: 'no-zeros' },
        restored(1.0, parts),
        6.4e9,
      ),
      step(
        `${id}.thp-always.weights-tmpfs.pages-mapped`,
        { thp: 'always', weights: 'tmpfs', pages: 'mapped' },
        restored(0.09, { ...parts, 'first-token': 0.06 }),
        6.4e9,
      ),
      step(
        'runtime-direct.checkpoint-at-asleep-2.storage-tmpfs-huge.thp-always.weights-tmpfs.pages-mapped',
        { thp: 'always', weights: 'tmpfs', pages: 'mapped' },
        restored(0.09, { ...parts, 'first-token': 0.05 }),
        6.4e9,
        'runtime-direct',
      ),
      {
        id: 'engine-wake',
        strategy: 'engine-wake',
        phases: { 'engine.wake': 0.24, 'first-token': 0.014 },
        memory: { dram: 9.1e9, gpu: 1.4e9 },
      },
    ],
    {
      engine: {
        name: 'vllm',
        version: null,
        model: 'qwen2-1.5b',
        random_weights: true,
        image: 'made-up',
        arguments: ['--max-model-len', '4096', '--gpu-memory-utilization', '0.9', '--enable-sleep-mode'],
      },
      host: {
        fingerprint: {
          gpu: 'NVIDIA H100 80GB HBM3 81559 MiB',
          driver: '580.159.04',
          cpu: '16 x made-up',
          kernel: '6.18.0',
          memory: '126 GiB',
        },
        memory: 135e9,
        load: 0.4,
        facts: { 'memory.read_bandwidth': 5.7e9, 'pcie.bandwidth': 63e9, 'gpu.other_processes': 0 },
      },
      iterations: 5,
    },
  )
}
