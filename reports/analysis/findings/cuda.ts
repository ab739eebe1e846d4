import { bytes, percent, seconds } from '../../run/format.ts'
import type { Settings } from '../../run/schema.ts'
import { figure, hostFigure, measured, phase, type Rule, word } from './rule.ts'

/** Below this share of what the bus carries, the bus is not what the CUDA restore waits for. */
const FAR_BELOW = 0.5

/**
 * The CUDA restore copies GPU memory back far slower than PCIe can. Bytes are the trial's `cuda.bytes`; without them
 * the whole checkpoint's, which is more than goes to the GPU and so errs towards silence.
 */
export const cudaRestore: Rule = facts =>
  measured(facts).flatMap(scenario => {
    const restore = phase(scenario, 'cuda.restore')
    const bus = hostFigure(facts, 'pcie.bandwidth')
    const size = figure(facts, scenario.id, 'cuda.bytes') ?? scenario.checkpoint?.bytes
    if (restore < 0.1 || bus === undefined || size === undefined) return []
    const rate = size / restore
    if (rate >= FAR_BELOW * bus) return []
    return [
      {
        code: 'cuda-restore-slow',
        message: 'the CUDA restore is far slower than PCIe allows',
        evidence:
          `${figure(facts, scenario.id, 'cuda.bytes') === undefined ? 'at most ' : ''}${bytes(size)} in ` +
          `${seconds(restore)} s is ${bytes(rate)}/s; the bus carries ${bytes(bus)}/s (${percent(rate / bus)})`,
        cost: restore - size / bus,
        remedy: `${lessToCopy(scenario.settings)}${notByPlugin(scenario.settings)}`,
        source: 'https://github.com/NVIDIA/cuda-checkpoint/issues/29',
        scenario: scenario.id,
      },
    ]
  })

/**
 * The driver copies at 2 to 4 GB/s, by the CPU (docs/results, H100): what helps is less GPU memory in
 * use at the checkpoint.
 */
function lessToCopy({ checkpointAt, graphs, eager }: Settings): string {
  // how depends on the engine: this one is vLLM's level, or that of a server with requests of its own
  if (checkpointAt === 'asleep-1')
    return 'what is left is what the server keeps on the GPU while asleep, and the context of the driver'
  if (checkpointAt !== 'asleep-2')
    return (
      'leave GPU memory out of the checkpoint: with vLLM the settings `{ ' +
      "checkpointAt: 'asleep-2', weights: 'tmpfs' }`, with another server SLEEP_REQUEST and WAKE_REQUEST"
    )
  if (graphs !== 'tmpfs' && !eager)
    return "keep the memory of CUDA graphs with the weights: the settings `{ weights: 'tmpfs', graphs: 'tmpfs' }`"
  return (
    `what is left is the driver's own: context, modules${eager ? '' : ', graphs'}. If the process may stay, keep ` +
    "it on the GPU: `SCENARIOS='engine-wake*' npx vitest bench resident`"
  )
}

/** CRIU's own plugin starts a program for every step of every process (docs/results, H200, 2026-11-27). */
const notByPlugin = ({ cuda }: Settings): string =>
  cuda === 'criu-plugin'
    ? ". And CRIU's plugin starts a program for every step: without `cuda: 'criu-plugin'` the suite calls the driver " +
      'itself'
    : ''

/**
 * The cuda-checkpoint program is started anew for each step of each process, and each start initialises CUDA. Seen by
 * `cuda.tool` (the program's name) and `cuda.tool_starts`; `cuda.tool_start_time` are the seconds of one start.
 */
export const cudaProcesses: Rule = facts =>
  measured(facts).flatMap(scenario => {
    const tool = word(facts, scenario.id, 'cuda.tool')
    const starts = figure(facts, scenario.id, 'cuda.tool_starts')
    if (tool !== 'cuda-checkpoint' || starts === undefined || starts < 2) return []
    const each = figure(facts, scenario.id, 'cuda.tool_start_time')
    return [
      {
        code: 'cuda-process-per-toggle',
        message: 'every CUDA step starts the cuda-checkpoint program again',
        evidence: `${starts} starts in one restore${each === undefined ? '' : `, ${seconds(each)} s each`}`,
        cost: each === undefined ? null : starts * each,
        remedy:
          'one process that stays and calls cuCheckpointProcessRestore and cuCheckpointProcessUnlock itself ' +
          "(driver 570 or newer), as this suite does with the driver's libcuda on its path: " +
          '`CUDA_LIBRARY=/path/to/libcuda.so.1 npx vitest bench`',
        source: 'https://github.com/NVIDIA/cuda-checkpoint/issues/39',
        scenario: scenario.id,
      },
    ]
  })
