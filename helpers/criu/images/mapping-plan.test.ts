import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type CheckpointedProcess, readCheckpoint } from './checkpoint.ts'
import { planMapping } from './mapping-plan.ts'
import { FLAG, PAGE, PROTECTION, STATUS, type Vma } from './memory-map.ts'
import { presentPages } from './pagemap.ts'
import { RECORDED } from './recorded.ts'

const HUGE = 2 << 20
const server = readCheckpoint(join(RECORDED, 'llama-server')).processes[0]!
const filled = (process: CheckpointedProcess) => new Uint8Array(presentPages(process.pagemap.runs))
const rules = { minimumBytes: 1 << 20, kinds: ['anonymous', 'heap'] as const }
const target = { id: 100, from: 0 }

describe('a server with a gigabyte of weights', () => {
  const plan = planMapping(server, filled(server), target, rules)
  const onFile = plan.vmas.filter(vma => vma.file === target.id)

  test('nearly everything is mapped, the rest still read', () => {
    expect(plan.mapped / (presentPages(server.pagemap.runs) * PAGE)).toBeGreaterThan(0.99)
    expect(presentPages(plan.runs) * PAGE + plan.mapped).toBe(presentPages(server.pagemap.runs) * PAGE)
  })

  test('the mappings cover what they covered', () => {
    expect(joined(plan.vmas)).toEqual(joined(server.vmas))
  })

  test('a mapping of the file is what CRIU writes for a library, at another place', () => {
    const library = server.vmas.find(vma => vma.status & STATUS.filePrivate)!
    for (const vma of onFile) {
      expect(vma.flags).toBe(library.flags)
      expect(vma.status & ~STATUS.heap).toBe(library.status)
      expect(vma.message.fields.map(({ number }) => number)).toEqual(library.message.fields.map(({ number }) => number))
      expect(vma.message.number(10)).toBe(library.message.number(10))
    }
  })

  test('huge pages can be mapped: file and memory lie alike', () => {
    for (const vma of onFile) expect(vma.offset % HUGE).toBe(vma.start % HUGE)
  })

  test('copies go to where their mapping looks for them, none twice', () => {
    const spans = plan.copies
      .map(({ to, bytes }) => [to, to + bytes] as const)
      .toSorted(([one], [other]) => one - other)
    for (const [index, [start]] of spans.entries()) expect(start).toBeGreaterThanOrEqual(spans[index - 1]?.[1] ?? 0)
    expect(
      spans.every(([start, end]) => onFile.some(vma => vma.offset <= start && end <= vma.offset + vma.end - vma.start)),
    ).toBe(true)
  })

  test('a mapping that grows sees zeros, not its neighbour, and never the end of the file', () => {
    const sorted = onFile.toSorted((one, other) => one.offset - other.offset)
    for (const [index, vma] of sorted.entries()) {
      const next = sorted[index + 1]
      const room = (next?.offset ?? plan.end) - vma.offset - (vma.end - vma.start)
      // Parts of what was one mapping lie in the file as they lay in memory.
      if (!next || room !== next.start - vma.end) expect(room).toBeGreaterThanOrEqual(2 ** 34 - HUGE)
    }
  })
})

test('zero memory stays anonymous and needs no pages', () => {
  const plan = planMapping(server, filled(server).fill(1), target, rules)
  expect(plan).toMatchObject({ mappings: 0, mapped: 0, copies: [], end: 0 })
  expect(plan.vmas).toEqual(server.vmas)
})

test('a long stretch of zeros is cut out of its mapping', () => {
  const process = oneMapping({}, 64 * HUGE)
  const zero = filled(process).fill(1, 10 * 512, 50 * 512)
  const { vmas, runs, mapped } = planMapping(process, zero, target, rules)
  expect(vmas.map(({ start, end, file }) => [(start - BASE) / HUGE, (end - BASE) / HUGE, file])).toEqual([
    [0, 10, 100],
    [10, 50, 0],
    [50, 64, 100],
  ])
  expect([runs, mapped]).toEqual([[], 24 * HUGE])
})

test('a process that comes second has its own place in the file', () => {
  const process = oneMapping({}, HUGE)
  const first = planMapping(process, filled(process), target, rules)
  const second = planMapping(process, filled(process), { id: 101, from: first.end }, rules)
  expect(second.vmas[0]!.offset).toBeGreaterThanOrEqual(first.end)
})

test.each<[string, Partial<Vma>]>([
  ['a growing stack', { flags: FLAG.private | FLAG.anonymous | FLAG.growsDown }],
  ['locked memory', { flags: FLAG.private | FLAG.anonymous | FLAG.locked }],
  ['hugetlb', { flags: FLAG.private | FLAG.anonymous | FLAG.hugePages }],
  ['shared memory', { flags: FLAG.shared | FLAG.anonymous, status: STATUS.regular | STATUS.anonymousShared }],
  ['an AIO ring', { status: STATUS.regular | STATUS.anonymousPrivate | STATUS.aioRing }],
  ['a shadow stack', { status: STATUS.regular | STATUS.anonymousPrivate | STATUS.shadowStack }],
  ['the vdso', { status: STATUS.regular | STATUS.anonymousPrivate | STATUS.vdso }],
  ['code made at run time', { protection: PROTECTION.read | PROTECTION.exec }],
  ['MADV_WIPEONFORK', { advice: 1 << 18 }],
])('%s is left as it is', (_name, changed) => {
  const process = oneMapping(changed, 4 * HUGE)
  expect(planMapping(process, filled(process), target, rules)).toMatchObject({ mappings: 0, vmas: process.vmas })
})

test('a mapping with a guard in it is left as it is', () => {
  const process = oneMapping({}, 4 * HUGE)
  const guards = [{ ...process.vmas[0]!, end: BASE + PAGE, status: STATUS.guard }]
  expect(planMapping({ ...process, guards }, filled(process), target, rules).mappings).toBe(0)
})

test('kinds that were not asked for, and little content, are left as they are', () => {
  const process = oneMapping({}, 4 * HUGE)
  expect(planMapping(process, filled(process), target, { ...rules, kinds: ['heap'] }).mappings).toBe(0)
  expect(planMapping(process, filled(process), target, { ...rules, minimumBytes: 4 * HUGE + 1 }).mappings).toBe(0)
})

const BASE = 0x7000_0000_0000

function oneMapping(changed: Partial<Vma>, size: number): CheckpointedProcess {
  const anonymous = server.vmas.find(vma => vma.status === (STATUS.regular | STATUS.anonymousPrivate))!
  const vma = { ...anonymous, start: BASE, end: BASE + size, ...changed }
  const run = { address: BASE, pages: size / PAGE, at: 0, message: server.pagemap.runs[0]!.message }
  return { ...server, vmas: [vma], guards: [], stacks: [], pagemap: { pagesId: 1, runs: [run] } }
}

/** Ranges of addresses, neighbours joined. */
function joined(vmas: readonly Vma[]): [number, number][] {
  const ranges: [number, number][] = []
  for (const { start, end } of vmas) {
    const last = ranges.at(-1)
    if (last?.[1] === start) last[1] = end
    else ranges.push([start, end])
  }
  return ranges
}
