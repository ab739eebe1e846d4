import type { Rule } from './rule.ts'

/** How the suite and the driver write it. */
const REFUSED = /\(801\)/

/**
 * GPU state that the driver took and could not restore: memory of another GPU was mapped. Seen by the driver's error
 * 801 in what a scenario failed with.
 */
export const peerMemory: Rule = ({ report }) =>
  report.scenarios
    .filter(({ outcome, reason }) => outcome === 'failed' && REFUSED.test(reason ?? ''))
    .map(({ id, reason }) => ({
      code: 'checkpoint-cannot-come-back',
      message: 'the GPU state of this server can be checkpointed but not restored',
      evidence: reason!.split('\n').find(line => REFUSED.test(line))!,
      cost: null,
      remedy:
        'keep memory of other GPUs out of the server while it is checkpointed: `TENSOR_PARALLEL=2` (or the setting ' +
        "`{ tensorParallel: 2 }`) with allReduce 'shared-memory' or 'sockets', and no NCCL_*, VLLM_ALLREDUCE_* or " +
        'all-reduce flags of your own',
      source: 'https://github.com/NVIDIA/cuda-checkpoint/issues/27',
      scenario: id,
    }))
