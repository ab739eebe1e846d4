import { isSlower, type Link, linkName, linkRemedy } from '../../../helpers/cuda/gpu-state.ts'
import { bytes } from '../../run/format.ts'
import { type Facts, figure, measured, type Rule } from './rule.ts'

/** P0 to P2 are the states of a GPU that works: 2 is the fastest that CUDA lets a desktop card have. */
const WORKING = 2
/** Less shared memory than this is the host's own. */
const LITTLE = 256e6

const SOURCE = 'https://docs.nvidia.com/deploy/nvidia-smi/'

/** The link is slower than the card supports, read right after a trial's answer. */
export const pcieLink: Rule = facts =>
  measured(facts).flatMap(({ id }) => {
    const [link, slot, card] = ['pcie', 'pcie.slot', 'pcie.card'].map(name => linkOf(facts, id, name)) as [
      Link,
      Link,
      Link,
    ]
    // one that rests by then says nothing about how it copied
    if (!isSlower(link, card) || (!works(facts, id) && !isSlower(slot, card))) return []
    return [
      {
        code: 'pcie-link-slow',
        message: 'the link to the GPU is slower than the card supports',
        evidence: `${linkName(link)}; the card supports ${linkName(card)}, its slot ${linkName(slot)}`,
        cost: null,
        remedy: linkRemedy(slot, card),
        source: SOURCE,
        scenario: id,
      },
    ]
  })

/** A GPU that has just answered and is slow: its power or its temperature holds it down. */
export const powerState: Rule = facts =>
  measured(facts).flatMap(({ id }) => {
    const state = figure(facts, id, 'gpu.performance')
    if (state === undefined || works(facts, id)) return []
    return [
      {
        code: 'gpu-power-state',
        message: 'the GPU is not at full speed when it answers',
        evidence: `P${state} right after the first token, where a GPU at work is in P0 to P${WORKING}`,
        cost: null,
        remedy: 'find out what limits it: `nvidia-smi -q -d PERFORMANCE`; keep the driver loaded: `nvidia-smi -pm 1`',
        source: SOURCE,
        scenario: id,
      },
    ]
  })

/** Checkpoints on another NUMA node than the GPU are copied over the link between processors. */
export const farMemory: Rule = facts =>
  measured(facts).flatMap(({ id }) => {
    const far = figure(facts, id, 'numa.far_bytes')
    if (far === undefined || far < LITTLE) return []
    const node = facts.run.host.facts['numa.gpu'] ?? 'N'
    return [
      {
        code: 'numa-far-memory',
        message: 'memory file systems are on a different NUMA node than the GPU',
        evidence: `${bytes(far)} of shared memory are on other nodes than ${node}, the GPU's`,
        cost: null,
        remedy: `keep the run on the GPU's node: \`numactl --cpunodebind=${node} --membind=${node} npx vitest bench\``,
        source: 'https://docs.kernel.org/filesystems/tmpfs.html',
        scenario: id,
      },
    ]
  })

function works(facts: Facts, id: string): boolean {
  const state = figure(facts, id, 'gpu.performance')
  return state !== undefined && state <= WORKING
}

const linkOf = (facts: Facts, id: string, name: string): Link => ({
  generation: figure(facts, id, `${name}.generation`),
  width: figure(facts, id, `${name}.width`),
})
