import type { Fleet } from '../analysis/fleet/fleet.ts'
import { change, count, exactSeconds, range } from '../run/format.ts'
import { align, type Column, cut } from './text.ts'

/** Nodes of a kind that are named in the terminal; all stand in the JSON. */
const NAMED = 20

/** The fleet's answer for a terminal. Pure. */
export function renderFleet(fleet: Fleet, columns = 120): string {
  const lines = [
    ...fleet.groups.flatMap(group => [...groupLines(group), '']),
    ...nodeLines(fleet, 'missing', 'no run of it was found'),
    ...nodeLines(fleet, 'failed'),
    ...nodeLines(fleet, 'slow'),
    ...nodeLines(fleet, 'cannot-tell'),
    ...fleet.notes.map(note => `note: ${note}`),
    verdictLine(fleet),
  ]
  return lines.map(line => cut(line, Math.max(60, columns))).join('\n')
}

/** One line for each node, with all that is known of it: JSON lines. */
export const nodesAsLines = ({ nodes }: Fleet): string => nodes.map(node => JSON.stringify(node)).join('\n')

type Group = Fleet['groups'][number]

function groupLines({ name, nodes, scenarios, distinguishing, before }: Group): string[] {
  const head = ['TFFT in seconds', 'nodes', 'p50', 'p5–p95', 'min–max', 'slow']
  const rows = scenarios.map(({ scenario, nodes: n, p50, p05, p95, min, max, slow }) => [
    scenario,
    String(n),
    exactSeconds(p50),
    range(p05, p95),
    range(min, max),
    slow > 0 ? String(slow) : '',
  ])
  return [
    `${name}: ${count(nodes, 'node')}`,
    ...table([head, ...rows]),
    ...distinguishing.map(
      ({ field, value, slow, others }) =>
        `  ${field} ${value ?? 'none'}: ${slow.with} of ${slow.of} slow nodes, ${others.with} of ${others.of} others`,
    ),
    ...(before ? beforeLines(before) : []),
  ]
}

function beforeLines({ nodes, changes, scenarios }: NonNullable<Group['before']>): string[] {
  const head = ['before and after, by node', 'nodes', 'before', 'after', 'change', 'interval', 'slower', 'faster', '']
  const rows = scenarios.map(one => [
    one.scenario,
    String(one.nodes),
    exactSeconds(one.before),
    exactSeconds(one.after),
    change(one.change),
    one.interval ? `${change(one.interval[0])} to ${change(one.interval[1])}` : '',
    String(one.slower),
    String(one.faster),
    one.verdict.replace('-', ' '),
  ])
  return [
    ...(nodes === 0 ? ['no node was measured before and after with this engine and model'] : table([head, ...rows])),
    ...changes.map(
      ({ name, from, to, nodes: n }) => `  ${name}: ${from ?? 'none'} → ${to ?? 'none'} on ${count(n, 'node')}`,
    ),
  ]
}

function table(rows: string[][]): string[] {
  const columns: Column[] = rows[0]!.map((_, index) => ({ align: index === 0 ? 'left' : 'right' }))
  return align(rows, columns).map(row => row.join('  ').trimEnd())
}

function nodeLines({ nodes }: Fleet, verdict: Fleet['nodes'][number]['verdict'], otherwise = ''): string[] {
  const those = nodes.filter(node => node.verdict === verdict)
  const more = those.length > NAMED ? [`  … and ${those.length - NAMED} more (--format jsonl names all)`] : []
  const said = (node: Fleet['nodes'][number]) =>
    verdict === 'slow' ? slowWords(node) : node.why.join('; ') || otherwise
  return those.length === 0
    ? []
    : [`${verdict.replace('-', ' ')}:`, ...those.slice(0, NAMED).map(node => `  ${node.node}: ${said(node)}`), ...more]
}

/** The surest scenario, and in how many of them. */
function slowWords({ scenarios }: Fleet['nodes'][number]): string {
  const slow = scenarios
    .filter(({ verdict }) => verdict === 'slow')
    .toSorted((a, b) => (a.p_value ?? 1) - (b.p_value ?? 1))
  const { scenario, p50, change: by, p_value: p } = slow[0]!
  const sure = p === null ? '' : `, p ${p < 0.0001 ? '< 0.0001' : p.toFixed(4)}`
  const where = `slow in ${slow.length} of ${count(scenarios.length, 'scenario')}`
  return `${where}; ${scenario} ${exactSeconds(p50)} s (${change(by)} over its peers${sure})`
}

function verdictLine({ nodes }: Fleet): string {
  const kinds = ['missing', 'failed', 'slow', 'cannot-tell', 'ok'] as const
  const counted = kinds.map(kind => [kind, nodes.filter(({ verdict }) => verdict === kind).length] as const)
  const words = counted.filter(([, n]) => n > 0).map(([kind, n]) => `${n} ${kind.replace('-', ' ')}`)
  return `${count(nodes.length, 'node')}: ${words.join(', ')}`
}
