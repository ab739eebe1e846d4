import type { Message } from './message.ts'

/**
 * The mappings (VMAs) of a process, as mm-PID.img has them. Sources: images/vma.proto, images/mm.proto,
 * criu/include/image.h (status), include/uapi/asm-generic/mman*.h (the rest).
 */
export interface Vma {
  /** Addresses. They are whole pages, which doubles hold exactly. */
  start: number
  end: number
  /** Bytes into the file. */
  offset: number
  /** Id of the mapped file in files.img; 0 where there is none. CRIU calls it shmid. */
  file: number
  protection: number
  flags: number
  status: number
  /** Bit n: madvise(n) was called for it and counts. */
  advice: number
  message: Message
}

export const PAGE = 4096

export const PROTECTION = { read: 1, write: 2, exec: 4 } as const
export const FLAG = {
  shared: 0x01,
  private: 0x02,
  anonymous: 0x20,
  growsDown: 0x100,
  locked: 0x2000,
  hugePages: 0x4_0000,
} as const
export const STATUS = {
  regular: 1 << 0,
  stack: 1 << 1,
  vsyscall: 1 << 2,
  vdso: 1 << 3,
  heap: 1 << 5,
  filePrivate: 1 << 6,
  fileShared: 1 << 7,
  anonymousShared: 1 << 8,
  anonymousPrivate: 1 << 9,
  sysvShared: 1 << 10,
  socket: 1 << 11,
  vvar: 1 << 12,
  aioRing: 1 << 13,
  memfd: 1 << 14,
  shadowStack: 1 << 15,
  guard: 1 << 16,
  uprobes: 1 << 17,
  plugin: 1 << 27,
} as const
/** Numbers of madvise(2). */
export const ADVICE = {
  normal: 0,
  random: 1,
  sequential: 2,
  doNotFork: 10,
  mergeable: 12,
  hugePage: 14,
  noHugePage: 15,
  doNotDump: 16,
  wipeOnFork: 18,
} as const

const FIELD = {
  start: 1,
  end: 2,
  offset: 3,
  file: 4,
  protection: 5,
  flags: 6,
  status: 7,
  advice: 9,
  fileFlags: 10,
} as const
const MM_VMAS = 14

export function readVmas(mm: Message): Vma[] {
  return mm.messages(MM_VMAS).map(message => ({
    start: message.number(FIELD.start),
    end: message.number(FIELD.end),
    offset: message.number(FIELD.offset),
    file: message.number(FIELD.file),
    protection: message.number(FIELD.protection),
    flags: message.number(FIELD.flags),
    status: message.number(FIELD.status),
    advice: message.number(FIELD.advice, 0),
    message,
  }))
}

/** The same mm with these mappings. */
export function writeVmas(mm: Message, vmas: readonly Vma[]): Message {
  return mm.withMessages(
    MM_VMAS,
    vmas.map(vma => vma.message),
  )
}

/** A part of a mapping, everything else as it was; of a file, the same part of the file. */
export function slice(vma: Vma, start: number, end: number): Vma {
  if (start === vma.start && end === vma.end) return vma
  const offset = vma.file ? vma.offset + start - vma.start : vma.offset
  return {
    ...vma,
    start,
    end,
    offset,
    message: vma.message.with(FIELD.start, start).with(FIELD.end, end).with(FIELD.offset, offset),
  }
}

/** Private anonymous memory turned into a private (copy-on-write) mapping of a file, from `offset` bytes into it. */
export function onFile(vma: Vma, file: number, offset: number): Vma {
  const flags = vma.flags & ~FLAG.anonymous
  const status = (vma.status & ~STATUS.anonymousPrivate) | STATUS.filePrivate
  const message = vma.message
    .with(FIELD.offset, offset)
    .with(FIELD.file, file)
    .with(FIELD.flags, flags)
    .with(FIELD.status, status)
    // O_RDONLY, as CRIU writes it for libraries: a private mapping never writes to its file.
    .with(FIELD.fileFlags, 0)
  return { ...vma, offset, file, flags, status, message }
}

export const isPrivateAnonymous = ({ flags, status }: Vma): boolean =>
  Boolean(flags & FLAG.private && flags & FLAG.anonymous && status & STATUS.anonymousPrivate)

/** Index of the mapping that holds an address, or -1. The mappings are in the order of their addresses. */
export function vmaAt(vmas: readonly Vma[], address: number): number {
  let low = 0
  let high = vmas.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (vmas[middle]!.end <= address) low = middle + 1
    else high = middle
  }
  return low < vmas.length && vmas[low]!.start <= address ? low : -1
}
