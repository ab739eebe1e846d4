import type { CheckpointedProcess } from './checkpoint.ts'
import { kindOf, type MemoryKind } from './kind.ts'
import {
  ADVICE,
  FLAG,
  isPrivateAnonymous,
  onFile,
  PAGE,
  PROTECTION,
  STATUS,
  slice,
  type Vma,
  vmaAt,
} from './memory-map.ts'
import type { Copy } from './page-file.ts'
import { cutAt, type PageRun } from './pagemap.ts'
import { merged } from './replace.ts'

/** x86-64's huge page. What lies in the file as it lies in memory, modulo this, the kernel can map with one entry. */
const HUGE = 2 << 20
/** Longer stretches without content stay anonymous: no file pages for memory that nobody wrote. */
const LONGEST_GAP = 8 << 20
/**
 * Empty room in the file behind every mapping. mremap() may grow one, and the new pages then show what follows
 * in the file: zeros, as anonymous memory would, and never the end of the file, which is SIGBUS. Room in a
 * sparse file costs nothing.
 */
const ROOM = 2 ** 34
/** Zero pages that are written rather than left a hole, where they stand between others: fewer, longer writes. */
const SHORTEST_HOLE = 16

export interface MappingRules {
  /** Bytes of dumped pages with content from which on a mapping is worth it. */
  minimumBytes: number
  kinds: readonly MemoryKind[]
}

/** From where to where in a file, in bytes. */
interface Span {
  start: number
  end: number
}

export interface MappingPlan {
  /** The process's mappings: those of the file cut out of what was anonymous. */
  vmas: Vma[]
  /** Runs of pages that CRIU still reads. */
  runs: PageRun[]
  /** From the file of pages into the file to be mapped. */
  copies: Copy[]
  /** The same for mappings smaller than a huge page, each with what of the file's huge pages it leaves unused. */
  small: { copies: Copy[]; unused: Span[] }[]
  /** Where the next process's content may begin in the file. */
  end: number
  mappings: number
  /** Bytes that the file brings in place of pages; zero pages among the dumped ones need neither. */
  mapped: number
}

/**
 * Says which of a process's private anonymous memory becomes a mapping of a file, and where in it.
 * @param zero a byte for each page in the file of pages, 1 for a zero page
 * @param target id of the file in files.img, and where in it is room
 */
export function planMapping(
  process: CheckpointedProcess,
  zero: Uint8Array,
  target: { id: number; from: number },
  rules: MappingRules,
): MappingPlan {
  const {
    vmas,
    pagemap: { runs },
  } = process
  const pieces = cutAt(
    runs,
    address => vmaAt(vmas, address),
    index => vmas[index]!.end,
  )
  const plan: MappingPlan = { vmas: [], runs: [], copies: [], small: [], end: target.from, mappings: 0, mapped: 0 }
  const byVma = Map.groupBy(pieces, ({ index }) => index)
  const bases = vmas.map((vma, index) => {
    const own = byVma.get(index)?.map(({ run }) => run) ?? []
    const filled = own.flatMap(run => stretches(run, zero))
    const content = filled.reduce((sum, { bytes }) => sum + bytes, 0)
    if (
      content < rules.minimumBytes ||
      !rules.kinds.includes(kindOf(vma, undefined, process.stacks)) ||
      !canMap(vma, own, process.guards)
    ) {
      plan.vmas.push(vma)
      return undefined
    }
    const base = Math.ceil(plan.end / HUGE) * HUGE + (vma.start % HUGE)
    plan.end = base + vma.end - vma.start + ROOM
    const parts = cutOut(vma, filled)
    plan.vmas.push(
      ...parts.map(({ start, end, mapped }) =>
        mapped ? onFile(slice(vma, start, end), target.id, base + start - vma.start) : slice(vma, start, end),
      ),
    )
    plan.mappings += parts.filter(({ mapped }) => mapped).length
    plan.mapped += content
    const copies = merged(
      filled.map(({ at, address, bytes }) => ({ from: at * PAGE, to: base + address - vma.start, bytes })),
    )
    if (vma.end - vma.start < HUGE) plan.small.push({ copies, unused: around(base, base + vma.end - vma.start) })
    else plan.copies.push(...copies)
    return base
  })
  plan.runs = pieces.filter(({ index }) => bases[index] === undefined).map(({ run }) => run)
  return plan
}

/** Why not: what the kernel or CRIU would refuse, or treat otherwise, where a file lies under the pages. */
function canMap(vma: Vma, runs: readonly PageRun[], guards: readonly Vma[]): boolean {
  const harmless = STATUS.regular | STATUS.heap | STATUS.anonymousPrivate
  const advice = bits(
    ADVICE.normal,
    ADVICE.random,
    ADVICE.sequential,
    ADVICE.doNotFork,
    ADVICE.mergeable,
    ADVICE.hugePage,
    ADVICE.noHugePage,
    ADVICE.doNotDump,
  )
  return (
    isPrivateAnonymous(vma) &&
    !(vma.status & ~harmless) &&
    !(vma.flags & (FLAG.growsDown | FLAG.locked | FLAG.hugePages)) &&
    !(vma.protection & PROTECTION.exec) &&
    !(vma.advice & ~advice) &&
    runs.every(run => run.at >= 0) &&
    !guards.some(guard => guard.start < vma.end && vma.start < guard.end)
  )
}

/** What lies before and behind a stretch of the file in the huge pages that it touches. */
const around = (start: number, end: number): Span[] =>
  [
    { start: start - (start % HUGE), end: start },
    { start: end, end: Math.ceil(end / HUGE) * HUGE },
  ].filter(span => span.start < span.end)

interface Stretch {
  address: number
  bytes: number
  at: number
}

/** Where a run has content. Short runs of zero pages in it count as content. */
function stretches(run: PageRun, zero: Uint8Array): Stretch[] {
  const found: Stretch[] = []
  let last: Stretch | undefined
  for (let page = 0; page < run.pages; page++) {
    if (run.at < 0 || zero[run.at + page]) continue
    const address = run.address + page * PAGE
    if (last && address - last.address - last.bytes < SHORTEST_HOLE * PAGE) last.bytes = address + PAGE - last.address
    else found.push((last = { address, bytes: PAGE, at: run.at + page }))
  }
  return found
}

/**
 * Cuts a mapping into parts with content, widened to whole huge pages where the mapping has them, and parts without.
 */
function cutOut(vma: Vma, filled: readonly Stretch[]): { start: number; end: number; mapped: boolean }[] {
  const parts: { start: number; end: number; mapped: boolean }[] = []
  for (const { address, bytes } of filled) {
    const start = Math.max(vma.start, address - (address % HUGE))
    const end = Math.min(vma.end, Math.ceil((address + bytes) / HUGE) * HUGE)
    const last = parts.at(-1)
    if (last && start - last.end < LONGEST_GAP) last.end = Math.max(last.end, end)
    else parts.push({ start, end, mapped: true })
  }
  // A gap that would be short at the mapping's ends is taken along too.
  if (parts[0]!.start - vma.start < LONGEST_GAP) parts[0]!.start = vma.start
  if (vma.end - parts.at(-1)!.end < LONGEST_GAP) parts.at(-1)!.end = vma.end
  return parts
    .flatMap((part, index) => {
      const before = index ? parts[index - 1]!.end : vma.start
      return before < part.start ? [{ start: before, end: part.start, mapped: false }, part] : [part]
    })
    .concat(parts.at(-1)!.end < vma.end ? [{ start: parts.at(-1)!.end, end: vma.end, mapped: false }] : [])
}

const bits = (...numbers: number[]): number => numbers.reduce((mask, number) => mask | (1 << number), 0)
