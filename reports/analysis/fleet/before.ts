import { median } from '../../../helpers/core/statistics.ts'
import { logChoose } from '../../../helpers/core/student.ts'
import type { NodeRun } from './nodes.ts'
import { LEVEL, TOLERANCE } from './slow.ts'

export interface PairedChange {
  scenario: string
  nodes: number
  /** Medians over the nodes of their medians, seconds. */
  before: number
  after: number
  /** Median over the nodes of after / before - 1, and its interval; null where there are too few nodes for one. */
  change: number
  interval: [number, number] | null
  /** Nodes that got slower, or faster, by more than the tolerance. */
  slower: number
  faster: number
  /** `within-tolerance`: there is a change, and it is a small one. */
  verdict: 'slower' | 'faster' | 'within-tolerance' | 'no-difference' | 'cannot-tell'
}

/**
 * Each node against itself, by scenario: what the change did everywhere, whatever nodes differ in. The interval is that
 * of the median from order statistics, exact for any distribution (David and Nagaraja, Order Statistics, 7.1), at a
 * level that holds for all scenarios together.
 */
export function pairedChanges(before: NodeRun[], after: NodeRun[]): PairedChange[] {
  const earlier = new Map(before.map(run => [run.node, run]))
  const pairs = new Map<string, [number, number][]>()
  for (const { node, scenarios } of after)
    for (const [id, { tfft }] of scenarios) {
      const there = earlier.get(node)?.scenarios.get(id)?.tfft ?? []
      if (tfft.length === 0 || there.length === 0) continue
      const known = pairs.get(id) ?? []
      known.push([median(there), median(tfft)])
      pairs.set(id, known)
    }
  return [...pairs].map(([scenario, values]) => ({ scenario, ...changeOf(values, LEVEL / pairs.size) }))
}

function changeOf(pairs: [number, number][], level: number): Omit<PairedChange, 'scenario'> {
  const changes = pairs.map(([before, after]) => after / before - 1).sort((a, b) => a - b)
  const rank = orderRank(changes.length, level)
  const interval: [number, number] | null = rank === 0 ? null : [changes[rank - 1]!, changes.at(-rank)!]
  const change = median(changes)
  return {
    nodes: pairs.length,
    before: median(pairs.map(([before]) => before)),
    after: median(pairs.map(([, after]) => after)),
    change,
    interval,
    slower: changes.filter(one => one > TOLERANCE).length,
    faster: changes.filter(one => one < -TOLERANCE).length,
    verdict: interval ? verdictOf(change, interval) : 'cannot-tell',
  }
}

function verdictOf(change: number, [low, high]: [number, number]): PairedChange['verdict'] {
  if (low <= 0 && high >= 0) return 'no-difference'
  if (Math.abs(change) <= TOLERANCE) return 'within-tolerance'
  return change > 0 ? 'slower' : 'faster'
}

/** The rank k for which the k-th value from each end encloses the median with confidence 1 - level; 0 for none. */
export function orderRank(n: number, level: number): number {
  let tail = 0
  for (let k = 0; ; k++) {
    tail += Math.exp(logChoose(n, k) - n * Math.LN2)
    if (2 * tail > level || k > n / 2) return k
  }
}
