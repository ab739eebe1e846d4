import { logChoose } from '../../../helpers/core/student.ts'
import type { NodeRun } from './nodes.ts'
import { LEVEL } from './slow.ts'

export interface Distinction {
  field: string
  value: string | null
  /** Nodes with that value among the slow ones, and among the others. */
  slow: { with: number; of: number }
  others: { with: number; of: number }
  /** One-sided Fisher's exact test, corrected for all values of all fields. */
  p_value: number
}

/**
 * Values of the fingerprint, and words of the host's facts, that slow nodes have more often than their peers: a hint,
 * not a cause. The surest first; those that could be chance are left out.
 */
export function distinguishing(runs: NodeRun[], slow: Set<string>): Distinction[] {
  if (slow.size === 0 || slow.size === runs.length) return []
  const of = (run: NodeRun) => ({ ...run.facts, ...run.fingerprint }) as Record<string, string | null>
  const rows = runs.map(run => ({ slow: slow.has(run.node), values: of(run) }))
  const names = [...new Set(rows.flatMap(({ values }) => Object.keys(values)))].sort()
  const tested = names.flatMap(field => {
    const seen = new Map<string | null, { slow: number; others: number }>()
    for (const row of rows) {
      const value = row.values[field] ?? null
      const counted = seen.get(value) ?? { slow: 0, others: 0 }
      counted[row.slow ? 'slow' : 'others']++
      seen.set(value, counted)
    }
    return seen.size < 2 ? [] : [...seen].map(([value, counted]) => ({ field, value, ...counted }))
  })
  const others = runs.length - slow.size
  return tested
    .map(({ field, value, slow: withIt, others: withoutIt }) => ({
      field,
      value,
      slow: { with: withIt, of: slow.size },
      others: { with: withoutIt, of: others },
      p_value: Math.min(1, tested.length * fisher(withIt, slow.size, withIt + withoutIt, runs.length)),
    }))
    .filter(({ p_value }) => p_value < LEVEL)
    .toSorted((a, b) => a.p_value - b.p_value)
}

/** Chance of `found` or more of `marked` among `drawn`, out of `all`: the hypergeometric distribution's upper tail. */
export function fisher(found: number, drawn: number, marked: number, all: number): number {
  let sum = 0
  for (let k = found; k <= Math.min(drawn, marked); k++)
    sum += Math.exp(logChoose(marked, k) + logChoose(all - marked, drawn - k) - logChoose(all, drawn))
  return Math.min(1, sum)
}
