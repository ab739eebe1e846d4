import { stdout } from 'node:process'
import { runCommand } from '../core/command-line.ts'
import { Problem } from '../core/problem.ts'
import { drain } from './fleet/drain.ts'
import { kubernetes } from './fleet/kubernetes.ts'
import { merge } from './fleet/merge.ts'
import { node } from './fleet/node.ts'
import { rates } from './fleet/rates.ts'
import { slurm } from './fleet/slurm.ts'

const USAGE = `Usage: npm run fleet -- merge DIR ... [--nodes FILE] [--before DIR] [--out DIR]
                        [--format table|json|jsonl|html|ctrf]
       npm run fleet -- node [--results DIR] [--job ID] [--node NAME] [-- BENCH ...]
       npm run fleet -- kubernetes --image IMAGE --nodes N [--name NAME] [--gpus N] [--select LABEL=VALUE]
                        [--claim NAME] [--set VARIABLE=VALUE] [--deadline SECONDS] [--out DIR] [BENCH ...]
       npm run fleet -- slurm --nodes LIST|--all-idle [--partition NAME] [--results DIR] [--gpus N]
                        [--minutes N] [--name NAME] [--submit|--follow] [BENCH ...]
       npm run fleet -- drain DIR ... [--nodes FILE] [--verdicts missing,failed,slow] [--at-most N] [--apply]
       npm run fleet -- rates [FLEETS]

merge   the runs of many nodes as one answer: distributions, slow, failed and missing nodes;
        exit code 1 where there is such a node, 4 where the fleet is slower than before;
        --out writes all formats to DIR
node    one node's run for a scheduler: results in DIR/JOB/NODE, a line of JSON on standard output,
        exit codes by EXIT_CODES
kubernetes
        prints an Indexed Job with one pod on each of N nodes, or writes a Kustomize base to --out
slurm   prints a batch script with one task on each node; --submit submits it, --follow also shows
        where the nodes stand, and ends with the merge
drain   prints what would drain Slurm's nodes that failed or are missing; --apply does it
rates   how often a node is said to be slow that is not, and how often a slow one is found, by simulation

docs/fleet.md has more.`

const PARTS: Record<string, (argv: string[], print: (text: string) => void) => number | Promise<number>> = {
  drain,
  kubernetes,
  merge,
  node,
  rates,
  slurm,
}

/** `npm run fleet -- PART ...`: one suite on many nodes. @throws Problem */
export async function main(
  argv: string[],
  print: (text: string) => void = text => stdout.write(text),
): Promise<number> {
  const [name = '', ...rest] = argv
  const part = Object.hasOwn(PARTS, name) ? PARTS[name] : undefined
  if (!part)
    throw new Problem(
      `received ${name ? JSON.stringify(name) : 'nothing'}, wanted ${Object.keys(PARTS).join(', ')}\n${USAGE}`,
    )
  return await part(rest, print)
}

if (import.meta.main) await runCommand(USAGE, argv => main(argv))
