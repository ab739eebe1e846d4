import { readFileSync } from 'node:fs'

/** What processes hold of the host's memory, in bytes. */
export interface Held {
  /** Proportional set size: a page that n processes map counts 1/n for each. */
  pss: number
  /** What no other process maps: it would be free without them. */
  own: number
}

/** Of one process, as its smaps_rollup says it. Source: proc_pid_smaps(5). */
export function parseRollup(rollup: string): Held {
  const lines = new Map([...rollup.matchAll(/^(\w+):\s+(\d+) kB$/gm)].map(([, name, size]) => [name, Number(size)]))
  const kilobytes = (name: string) => lines.get(name) ?? 0
  return {
    pss: kilobytes('Pss') * 1024,
    own: (kilobytes('Private_Clean') + kilobytes('Private_Dirty') + kilobytes('Private_Hugetlb')) * 1024,
  }
}

/** Of these processes together; one that is gone holds nothing. */
export function heldBy(pids: number[]): Held {
  const all = pids.map(pid => {
    try {
      return parseRollup(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))
    } catch {
      return { pss: 0, own: 0 }
    }
  })
  return { pss: sum(all.map(({ pss }) => pss)), own: sum(all.map(({ own }) => own)) }
}

const sum = (values: number[]) => values.reduce((total, value) => total + value, 0)
