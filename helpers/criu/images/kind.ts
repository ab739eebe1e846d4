import { FLAG, STATUS, type Vma } from './memory-map.ts'

/**
 * What a mapping holds. `anonymous` is what malloc and mmap gave, and the copy of a GPU's memory that the CUDA driver
 * leaves in its process; `library` the private pages of a mapped file (data segments, relocated tables); `device` what
 * a device file or a plugin of CRIU owns; `kernel` the vdso and its like.
 */
export type MemoryKind = (typeof MEMORY_KINDS)[number]
export const MEMORY_KINDS = ['heap', 'stack', 'anonymous', 'library', 'shared', 'device', 'kernel'] as const

/** @param path of the mapped file, @param stacks stack pointers of the process's threads */
export function kindOf(vma: Vma, path: string | undefined, stacks: readonly number[]): MemoryKind {
  const { status, flags, start, end } = vma
  if (status & (STATUS.vdso | STATUS.vvar | STATUS.vsyscall | STATUS.uprobes)) return 'kernel'
  if (status & STATUS.plugin || (path?.startsWith('/dev/') && !/^\/dev\/(shm\/|zero)/.test(path))) return 'device'
  if (status & (STATUS.anonymousShared | STATUS.fileShared | STATUS.sysvShared)) return 'shared'
  if (status & STATUS.filePrivate) return 'library'
  if (status & STATUS.heap) return 'heap'
  if (
    status & (STATUS.stack | STATUS.shadowStack) ||
    flags & FLAG.growsDown ||
    stacks.some(pointer => start <= pointer && pointer < end)
  )
    return 'stack'
  return 'anonymous'
}
