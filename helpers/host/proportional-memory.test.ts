import { expect, test } from 'vitest'
import { heldBy, parseRollup } from './proportional-memory.ts'

const ROLLUP = `55d8c0000000-7ffc9a1f5000 ---p 00000000 00:00 0    [rollup]
Rss:              200000 kB
Pss:              120000 kB
Pss_Anon:          80000 kB
Shared_Clean:      90000 kB
Private_Clean:       100 kB
Private_Dirty:     50000 kB
Private_Hugetlb:    2048 kB
`

test('what a process shares counts in part, what no other maps in full', () =>
  expect(parseRollup(ROLLUP)).toEqual({ pss: 120_000 * 1024, own: 52_148 * 1024 }))

test('an older kernel, and a process that is gone', () => {
  expect(parseRollup('Pss: 12 kB\n')).toEqual({ pss: 12 * 1024, own: 0 })
  expect(heldBy([2 ** 22 + 1])).toEqual({ pss: 0, own: 0 })
})

test('this process holds something by itself', () => {
  const { pss, own } = heldBy([process.pid])
  expect(own).toBeGreaterThan(0)
  expect(pss).toBeGreaterThanOrEqual(own)
})
