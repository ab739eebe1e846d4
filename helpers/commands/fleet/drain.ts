import type { Fleet } from '../../../reports/analysis/fleet/fleet.ts'
import { count } from '../../../reports/run/format.ts'
import { EXIT, Problem } from '../../core/problem.ts'
import { command, quote } from '../../host/command.ts'
import { MERGE_OPTIONS, mergedFleet } from './merge.ts'
import { options } from './options.ts'

const TIMEOUT = 60
/** Before every reason, so that these drains can be found, and undone, later. */
const PREFIX = 'criu-gpu-bench: '
/** Characters of a reason; sinfo -R shows fewer. */
const LONGEST = 200
const VERDICTS = ['missing', 'failed', 'slow'] as const
const NAME = /^\w[\w.-]*$/

interface Drain {
  node: string
  reason: string
}

/** What is to be drained, and why. Pure. */
export function drainsOf({ nodes }: Fleet, verdicts: readonly string[]): Drain[] {
  return nodes
    .filter(({ verdict }) => verdicts.includes(verdict))
    .map(({ node, verdict, why }) => {
      const words = [verdict, ...why.slice(0, 1)].join(': ')
      // one line of plain text: it goes into Slurm's state
      return { node, reason: `${PREFIX}${words.replaceAll(/[^\w.,:;/%()+-]+/g, ' ')}`.slice(0, LONGEST) }
    })
}

/**
 * `npm run fleet -- drain DIR ...`: prints the commands that would drain what failed or is missing; `--apply` runs
 * them. A node that is drained already keeps its reason.
 */
export async function drain(argv: string[], print: (text: string) => void): Promise<number> {
  const { values, positionals } = options(argv, {
    nodes: MERGE_OPTIONS.nodes,
    verdicts: { type: 'string', default: 'missing,failed' },
    'at-most': { type: 'string', default: '5' },
    apply: { type: 'boolean', default: false },
  })
  const verdicts = values.verdicts.split(',')
  if (!verdicts.every(verdict => (VERDICTS as readonly string[]).includes(verdict)))
    throw new Problem(
      `--verdicts: received ${values.verdicts}, allowed are ${VERDICTS.join(', ')}, with commas between`,
    )
  const most = Number(values['at-most'])
  if (!/^\d{1,6}$/.test(values['at-most']) || most < 1)
    throw new Problem(`--at-most: received ${values['at-most']}, wanted a number of nodes`)
  const drains = drainsOf(mergedFleet(positionals, { nodes: values.nodes }), verdicts)
  const odd = drains.find(({ node }) => !NAME.test(node))
  if (odd)
    throw new Problem(`${JSON.stringify(odd.node)} is no name of a node; name it so with npm run fleet -- node --node`)
  for (const one of drains) print(`${quote(['scontrol', ...update(one)])}\n`)
  if (!values.apply) {
    print(`${drains.length === 0 ? 'no node is' : `${count(drains.length, 'node')} would be`} drained\n`)
    return EXIT.ok
  }
  if (drains.length > most)
    throw new Problem(
      `${drains.length} nodes are more than --at-most ${most}: nothing was drained. Where so many fail, look at the ` +
        'job first; name a larger number if it is the nodes.',
    )
  return await apply(drains, print)
}

const update = ({ node, reason }: Drain) => ['update', `nodename=${node}`, 'state=drain', `reason=${reason}`]

/** One that Slurm refuses does not keep the others. */
async function apply(drains: Drain[], print: (text: string) => void): Promise<number> {
  const before = await drained()
  const failed: string[] = []
  for (const one of drains.filter(({ node }) => !before.has(node)))
    await command('scontrol', update(one), { timeout: TIMEOUT }).catch(error => failed.push(String(error.message)))
  const kept = drains.filter(({ node }) => before.has(node)).map(({ node }) => node)
  if (kept.length > 0) print(`drained before: ${kept.join(', ')}\n`)
  print(`drained: ${count(drains.length - kept.length - failed.length, 'node')}\n`)
  if (failed.length > 0) throw new Problem(failed.join('\n'), { exitCode: EXIT.missed })
  return EXIT.ok
}

async function drained(): Promise<Set<string>> {
  const asked = ['--noheader', '--Node', '--states=drain', '--format=%N']
  const { stdout } = await command('sinfo', asked, { timeout: TIMEOUT })
  return new Set(
    stdout
      .split('\n')
      .map(line => line.trim())
      .filter(Boolean),
  )
}
