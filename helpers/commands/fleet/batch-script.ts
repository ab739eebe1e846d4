import { quote } from '../../host/command.ts'

/** A batch script for Slurm. All pure. */

export interface SlurmOptions {
  nodes: string[]
  name: string
  /** On storage that all nodes see, as is the checkout: absolute. */
  results: string
  checkout: string
  partition?: string
  gpus: number
  /** Minutes until Slurm kills. */
  minutes: number
  benches: string[]
}

/** Seconds before Slurm kills: SIGTERM then, and the report is written. */
const GRACE = 120

/** One task on each of the nodes, which are pinned and shared with nobody. Exit code: the merge's. */
export function batchScript(options: SlurmOptions): string {
  const { nodes, name, results, checkout, partition, gpus, minutes, benches } = options
  const flags = [
    `--job-name=${name}`,
    `--nodes=${nodes.length}`,
    `--nodelist=${nodes.join(',')}`,
    ...(partition ? [`--partition=${partition}`] : []),
    '--ntasks-per-node=1',
    '--exclusive',
    '--mem=0',
    ...(gpus > 0 ? [`--gpus-per-node=${gpus}`] : []),
    `--time=${minutes}`,
    `--signal=TERM@${GRACE}`,
    // a node that fails ends no other, and nothing is tried again
    '--no-kill',
    '--no-requeue',
    `--output=${results}/slurm-%j.log`,
  ]
  const bench = benches.length > 0 ? [` -- ${quote(benches)}`] : ['']
  return [
    '#!/bin/bash',
    ...flags.map(flag => `#SBATCH ${flag}`),
    'set -u',
    `results=${quote([results])}`,
    'job="$results/$SLURM_JOB_ID"',
    'mkdir -p "$job"',
    `printf '%s\\n' ${quote(nodes)} > "$job/nodes.txt"`,
    `cd ${quote([checkout])} || exit 2`,
    // srun's own %N is the host's name, which need not be the node's
    'srun --ntasks-per-node=1 --no-kill --kill-on-bad-exit=0 --wait=0 bash -c \\',
    `  'exec "\${@:2}" > "$1/$SLURMD_NODENAME.jsonl" 2> "$1/$SLURMD_NODENAME.log"' task "$job" \\`,
    `  node helpers/bootstrap.mjs fleet node --results "$results" --job "$SLURM_JOB_ID"${bench}`,
    'node helpers/bootstrap.mjs fleet merge "$job" --out "$job"',
    '',
  ].join('\n')
}
