import { count } from '../../run/format.ts'
import type { NodeRun } from './nodes.ts'

/**
 * Nodes are peers where the same was asked of the same hardware. Everything else in the fingerprint (driver, kernel,
 * storage, settings) may differ between peers: it is what may explain a slow one.
 */
const PEER_FIELDS = [
  'method',
  'gpu',
  'gpu.devices',
  'cpu',
  'model',
  'engine',
  'command',
  'container',
  'question',
  'request.sleep',
  'request.wake',
]

export interface Group {
  name: string
  runs: NodeRun[]
}

/** Runs by what makes them peers, the largest group first; of a node's runs in a group the newest counts. */
export function groupsOf(runs: NodeRun[]): { groups: Group[]; superseded: NodeRun[] } {
  const found = new Map<string, Map<string, NodeRun>>()
  for (const run of runs.toSorted((a, b) => (a.timestamp < b.timestamp ? -1 : 1))) {
    const key = JSON.stringify(PEER_FIELDS.map(name => run.fingerprint[name] ?? null))
    found.set(key, (found.get(key) ?? new Map<string, NodeRun>()).set(run.node, run))
  }
  const all = [...found.values()].map(nodes => [...nodes.values()]).toSorted((a, b) => b.length - a.length)
  const counted = new Set(all.flat())
  return {
    groups: all.map(group => ({ name: nameOf(group[0]!, all), runs: group })),
    superseded: runs.filter(run => !counted.has(run)),
  }
}

/** Hardware, engine and model; the other fields where two groups differ in nothing else. */
function nameOf({ fingerprint: own }: NodeRun, all: NodeRun[][]): string {
  const shown = ['gpu', 'engine', 'model']
  const words = [own.gpu ?? own.cpu ?? 'unknown hardware', own.engine, own.model]
  const others = all.map(([first]) => first!.fingerprint).filter(other => other !== own)
  const alike = others.filter(other => shown.every(name => (other[name] ?? null) === (own[name] ?? null)))
  const differ = PEER_FIELDS.filter(name => alike.some(other => (other[name] ?? null) !== (own[name] ?? null)))
  return [...words.filter(Boolean), ...differ.map(name => `${name} ${short(own[name] ?? 'none')}`)].join(', ')
}

const short = (value: string) =>
  value.length <= 60 ? value : `${value.slice(0, 40)}… (${count(value.length, 'character')})`
