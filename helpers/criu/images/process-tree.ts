import type { ImageFile } from './image-file.ts'

/** A process of a checkpoint, by its pid inside the container. */
export interface TreeEntry {
  pid: number
  parent: number
  threads: number[]
}

/** Source: images/pstree.proto. */
export function readProcessTree(image: ImageFile): TreeEntry[] {
  return image.entries.map(entry => ({ pid: entry.number(1), parent: entry.number(2), threads: entry.numbers(5) }))
}

/** A process's name, from core-PID.img; empty for a thread. Source: images/core.proto (task_core_entry, comm). */
export function readName(core: ImageFile): string {
  return core.entries[0]?.message(3)?.text(6) ?? ''
}

/**
 * Where a thread's stack ends, on x86-64; undefined elsewhere. Source: images/core-x86.proto
 * (thread_info_x86, gpregs, sp).
 */
export function readStackPointer(core: ImageFile): number | undefined {
  const pointer = core.entries[0]?.message(2)?.message(2)?.integer(20)
  return pointer === undefined ? undefined : Number(pointer)
}
