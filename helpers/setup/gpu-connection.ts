import type { Configuration } from '../config/configuration.ts'
import { type GpuState, gpuStates, isSlower, isWorking, linkName, linkRemedy } from '../cuda/gpu-state.ts'
import { quote } from '../host/command.ts'
import { mountOf } from '../host/mounts.ts'
import { listed, type Numa, parseList, readNuma } from '../host/numa.ts'
import { type Found, ok } from './step.ts'
import { gib } from './tmpfs.ts'

/** How GPU, memory and processors are connected. Nothing of it keeps a run from starting, and nothing is changed. */

/** The GPUs that GPU_DEVICES names. */
export function usedGpus({ gpuDevices }: Pick<Configuration, 'gpuDevices'>, all = gpuStates()): GpuState[] {
  return gpuDevices === 'all' ? all : all.filter((_, index) => gpuDevices.includes(index))
}

/** Links and performance states. */
export function judgeLinks(gpus: GpuState[]): Found {
  if (gpus.length === 0) return ok('not known: nvidia-smi does not answer')
  const found = gpus.map(
    gpu =>
      `${linkName(gpu.link)} of ${linkName(gpu.card)}, ${gpu.performance === undefined ? 'P?' : `P${gpu.performance}`}`,
  )
  const remedies = gpus.flatMap(gpu => {
    if (!isSlower(gpu.link, gpu.card)) return []
    // what the slot cannot give is missing at work too
    if (isWorking(gpu) || isSlower(gpu.slot, gpu.card))
      return `GPU ${gpu.bus} has a slower link than the card can: ${linkRemedy(gpu.slot, gpu.card)}`
    return `GPU ${gpu.bus} rests, and a link at rest may be slower: a run reads it right after the first token`
  })
  return ok(found.join('; '), remedies.join('\n') || undefined)
}

/** Where GPU, processes and checkpoints lie on a host with several nodes. */
export function judgeNuma(
  numa: Numa,
  gpus: Pick<GpuState, 'node'>[],
  tmpfs: { point: string; options: string },
): Found {
  if (numa.nodes.length < 2) return ok('one node')
  const near = [...new Set(gpus.flatMap(({ node }) => node ?? []))]
  const shared = numa.nodes.map(node => `${gib(numa.shared[node] ?? 0)} on node ${node}`).join(', ')
  const gpu = near.length > 0 ? `node ${listed(near)}` : 'an unknown one'
  const found =
    `${numa.nodes.length} nodes, GPU on ${gpu}; processes may run on ${listed(numa.cpus)}, ` +
    `memory may come from ${listed(numa.memory)}; tmpfs holds ${shared}`
  if (near.length !== 1) return ok(found)
  const [node] = near as [number]
  const [, policy = ''] = /(?:^|,)mpol=[a-z=]+:([\d,-]+)/.exec(tmpfs.options) ?? []
  const elsewhere = (nodes: number[]) => nodes.some(one => one !== node)
  const remedies = [
    elsewhere(parseList(policy)) &&
      `${tmpfs.point} puts its files on node ${listed(parseList(policy))}, and the GPU is on node ${node}: mount -o ` +
        `remount,mpol=bind:${node} ${quote([tmpfs.point])}`,
    (elsewhere(numa.cpus) || elsewhere(numa.memory)) &&
      `checkpoints and servers may come to lie on another node than the GPU: numactl --cpunodebind=${node} ` +
        `--membind=${node} npx vitest bench (for the server alone: ` +
        `PODMAN_ARGS="--cpuset-cpus=${numa.cpuList[node]} --cpuset-mems=${node}")`,
  ]
  return ok(found, remedies.filter(Boolean).join('\n') || undefined)
}

export const lookAtLinks = (c: Configuration): Found => judgeLinks(usedGpus(c))
export const lookAtNuma = (c: Configuration): Found => judgeNuma(readNuma(), usedGpus(c), mountOf(c.checkpointDir))
