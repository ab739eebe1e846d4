import { z } from 'zod'
import { EXIT } from '../../../helpers/core/problem.ts'
import { median } from '../../../helpers/core/statistics.ts'
import { pairedChanges } from './before.ts'
import { distinguishing } from './distinguishing.ts'
import { type Group, groupsOf } from './groups.ts'
import type { NodeRun, Unreadable } from './nodes.ts'
import { type Judged, LEVEL, slowNodes } from './slow.ts'

const seconds = z.number().positive()
const share = z.object({ with: z.number().int(), of: z.number().int() })
const fieldSchema = z.object({ name: z.string(), from: z.string().nullable(), to: z.string().nullable() })

/** `npm run fleet -- merge --format json`: many nodes' runs as one answer. TFFT in seconds. */
export const fleetSchema = z.object({
  schema: z.literal('criu-gpu-bench/fleet@1'),
  /** How often a group without a slow node may be said to have one. */
  level: z.number(),
  nodes: z.array(
    z.object({
      node: z.string(),
      /** Of several that apply, the first of this list. */
      verdict: z.enum(['missing', 'failed', 'slow', 'cannot-tell', 'ok']),
      why: z.array(z.string()),
      /** Runs that count, one for each group. */
      paths: z.array(z.string()),
      scenarios: z.array(
        z.object({
          group: z.string(),
          scenario: z.string(),
          p50: seconds,
          n: z.number().int(),
          /** Over the median of its peers, minus 1. */
          change: z.number(),
          p_value: z.number().nullable(),
          verdict: z.enum(['slow', 'ok', 'cannot-tell']),
        }),
      ),
    }),
  ),
  groups: z.array(
    z.object({
      name: z.string(),
      nodes: z.number().int().positive(),
      /** Of the nodes' medians. */
      scenarios: z.array(
        z.object({
          scenario: z.string(),
          nodes: z.number().int().positive(),
          p50: seconds,
          p05: seconds,
          p95: seconds,
          min: seconds,
          max: seconds,
          slow: z.number().int(),
        }),
      ),
      /** What slow nodes have more often than their peers: a hint, not a cause. */
      distinguishing: z.array(
        z.object({ field: z.string(), value: z.string().nullable(), slow: share, others: share, p_value: z.number() }),
      ),
      before: z
        .object({
          /** Nodes measured both times. */
          nodes: z.number().int(),
          /** What changed in the fingerprint, and on how many nodes. */
          changes: z.array(fieldSchema.extend({ nodes: z.number().int() })),
          scenarios: z.array(
            z.object({
              scenario: z.string(),
              nodes: z.number().int(),
              before: seconds,
              after: seconds,
              change: z.number(),
              interval: z.tuple([z.number(), z.number()]).nullable(),
              slower: z.number().int(),
              faster: z.number().int(),
              verdict: z.enum(['slower', 'faster', 'within-tolerance', 'no-difference', 'cannot-tell']),
            }),
          ),
        })
        .optional(),
    }),
  ),
  /** Runs for which the same node has a newer one. */
  superseded: z.array(z.string()),
  notes: z.array(z.string()),
})
export type Fleet = z.infer<typeof fleetSchema>
type FleetNode = Fleet['nodes'][number]

interface Asked {
  /** Nodes that should be there; without them a missing one cannot be seen. */
  expected?: string[]
  unreadable?: Unreadable[]
  before?: NodeRun[]
}

/** Many nodes' runs as one answer. Pure. */
export function fleetOf(runs: NodeRun[], { expected, unreadable = [], before }: Asked = {}): Fleet {
  const { groups, superseded } = groupsOf(runs)
  const judged = groups.map(group => ({ group, scenarios: judgedScenarios(group) }))
  const broken = unreadable.filter(({ node }) => !runs.some(run => run.node === node))
  const names = [...new Set([...runs, ...broken].map(({ node }) => node))]
  const missing = (expected ?? []).filter(name => !names.includes(name))
  const nodes = [
    ...[...new Set(missing)].map(node => ({ ...nothingOf(node), verdict: 'missing' as const })),
    ...broken.map(({ node, path, why }) => ({
      ...nothingOf(node),
      verdict: 'failed' as const,
      why: [why],
      paths: [path],
    })),
    ...nodesOf(judged),
  ]
  const slow = new Set(nodes.filter(({ verdict }) => verdict === 'slow').map(({ node }) => node))
  return {
    schema: 'criu-gpu-bench/fleet@1',
    level: LEVEL,
    nodes: nodes.toSorted((a, b) => natural.compare(a.node, b.node)),
    groups: judged.map(({ group, scenarios }) => ({
      name: group.name,
      nodes: group.runs.length,
      scenarios: [...scenarios].map(([scenario, all]) => distribution(scenario, all)),
      distinguishing: distinguishing(group.runs, new Set(group.runs.map(run => run.node).filter(n => slow.has(n)))),
      ...(before ? { before: changed(before, group.runs) } : {}),
    })),
    superseded: superseded.map(({ path }) => path),
    notes: notesOf(names, expected, superseded.length),
  }
}

const natural = new Intl.Collator('en', { numeric: true })
const nothingOf = (node: string): FleetNode => ({ node, verdict: 'missing', why: [], paths: [], scenarios: [] })

function judgedScenarios({ runs }: Group): Map<string, Judged[]> {
  const ids = [...new Set(runs.flatMap(({ scenarios }) => [...scenarios.keys()]))]
  const samples = ids.map(id => {
    const values = runs.map(({ node, scenarios }) => [node, scenarios.get(id)?.tfft ?? []] as const)
    return [id, new Map(values.filter(([, tfft]) => tfft.length > 0))] as const
  })
  const measured = samples.filter(([, values]) => values.size > 0)
  return new Map(measured.map(([id, values]) => [id, slowNodes(values, measured.length)]))
}

function nodesOf(judged: { group: Group; scenarios: Map<string, Judged[]> }[]): FleetNode[] {
  const found = new Map<string, FleetNode>()
  for (const { group, scenarios } of judged) {
    const byNode = new Map<string, FleetNode['scenarios']>()
    for (const [scenario, all] of scenarios)
      for (const { node, ...rest } of all) {
        const known = byNode.get(node) ?? []
        known.push({ group: group.name, scenario, ...rest })
        byNode.set(node, known)
      }
    for (const run of group.runs) {
      const own = byNode.get(run.node) ?? []
      const before = found.get(run.node)
      found.set(run.node, {
        ...nothingOf(run.node),
        why: [...(before?.why ?? []), ...run.failed, ...lacking(run, scenarios, group.runs.length)],
        paths: [...(before?.paths ?? []), run.path],
        scenarios: [...(before?.scenarios ?? []), ...own],
      })
    }
  }
  const open = new Set(judged.flatMap(({ group }) => group.runs.filter(run => !run.reported).map(({ node }) => node)))
  return [...found.values()].map(node => (open.has(node.node) ? { ...node, verdict: 'missing' } : judgedNode(node)))
}

/** What most of its peers have measured and this node has not. */
function lacking({ failed, scenarios: own }: NodeRun, scenarios: Map<string, Judged[]>, peers: number): string[] {
  // said already, and the cause of the rest
  if (failed.length > 0) return []
  return [...scenarios]
    .filter(([id, all]) => all.length > peers / 2 && (own.get(id)?.tfft.length ?? 0) === 0)
    .map(([id]) => `${id} was not measured: ${own.get(id)?.reason?.split('\n')[0] ?? 'the run has no such scenario'}`)
}

function judgedNode(node: FleetNode): FleetNode {
  if (node.why.length > 0) return { ...node, verdict: 'failed' }
  const slow = node.scenarios.filter(({ verdict }) => verdict === 'slow')
  const unsure = node.scenarios.filter(({ verdict }) => verdict === 'cannot-tell')
  if (slow.length > 0) return { ...node, verdict: 'slow', why: slow.map(({ scenario }) => scenario) }
  return unsure.length > 0
    ? { ...node, verdict: 'cannot-tell', why: unsure.map(({ scenario }) => scenario) }
    : { ...node, verdict: 'ok' }
}

function distribution(scenario: string, all: Judged[]): Fleet['groups'][number]['scenarios'][number] {
  const sorted = all.map(({ p50 }) => p50).sort((a, b) => a - b)
  const at = (part: number) => sorted[Math.round(part * (sorted.length - 1))]!
  const slow = all.filter(({ verdict }) => verdict === 'slow').length
  const edges = { min: sorted[0]!, p05: at(0.05), p95: at(0.95), max: sorted.at(-1)! }
  return { scenario, nodes: all.length, p50: median(sorted), ...edges, slow }
}

/** Paired by node: the newest earlier run of the same engine and model. */
function changed(before: NodeRun[], after: NodeRun[]): NonNullable<Fleet['groups'][number]['before']> {
  const subject = ({ fingerprint: { method, engine, model } }: NodeRun) =>
    JSON.stringify([method, engine?.split(' ')[0], model])
  const wanted = subject(after[0]!)
  const sorted = before.filter(run => subject(run) === wanted).toSorted((a, b) => (a.timestamp < b.timestamp ? -1 : 1))
  const earlier = new Map(sorted.map(run => [run.node, run]))
  const pairs = after.flatMap(run =>
    earlier.has(run.node) ? [[earlier.get(run.node)!.fingerprint, run.fingerprint] as const] : [],
  )
  const counted = new Map<string, Change>()
  for (const [there, here] of pairs)
    for (const name of new Set([...Object.keys(there), ...Object.keys(here)])) {
      const [from, to] = [there[name] ?? null, here[name] ?? null]
      if (from === to) continue
      const key = JSON.stringify([name, from, to])
      counted.set(key, { name, from, to, nodes: (counted.get(key)?.nodes ?? 0) + 1 })
    }
  return {
    nodes: pairs.length,
    changes: [...counted.values()].toSorted((a, b) => b.nodes - a.nodes),
    scenarios: pairedChanges([...earlier.values()], after),
  }
}

interface Change {
  name: string
  from: string | null
  to: string | null
  nodes: number
}

/** As many names as a line takes. */
const some = (names: string[], most = 10): string =>
  [...names.slice(0, most), ...(names.length > most ? [`and ${names.length - most} more`] : [])].join(', ')

function notesOf(names: string[], expected: string[] | undefined, superseded: number): string[] {
  const more = expected ? names.filter(name => !expected.includes(name)) : []
  return [
    ...(expected ? [] : ['no list of nodes was given (--nodes FILE): a missing node cannot be seen']),
    ...(more.length > 0 ? [`not on the list of nodes: ${some(more)}`] : []),
    ...(superseded > 0 ? [`of a node's runs the newest counts: ${superseded} older left out`] : []),
  ]
}

/**
 * A slow, failed or missing node: 1. Slower than before: 4. What could not be judged is no pass: 2. In this order;
 * nothing measured at all goes before: 3.
 */
export function fleetExitCode({ nodes, groups }: Fleet): number {
  const is = (...verdicts: string[]) => nodes.some(({ verdict }) => verdicts.includes(verdict))
  const paired = groups.flatMap(({ before }) => before?.scenarios ?? [])
  if (groups.every(({ scenarios }) => scenarios.length === 0)) return EXIT.nothingMeasured
  if (is('missing', 'failed', 'slow')) return EXIT.missed
  if (paired.some(({ verdict }) => verdict === 'slower')) return EXIT.slower
  const unpaired = groups.some(({ before }) => before && before.scenarios.length === 0)
  return is('cannot-tell') || unpaired || paired.some(({ verdict }) => verdict === 'cannot-tell')
    ? EXIT.unusable
    : EXIT.ok
}
