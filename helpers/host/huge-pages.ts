import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { transparentHugePages } from './memory.ts'

/**
 * The kernel's files: for private memory, and for shared memory that no mount decides about (shared mappings, memfd),
 * which has other names.
 */
const KERNEL: { file: string; names: Record<string, string> }[] = [
  { file: '/sys/kernel/mm/transparent_hugepage/enabled', names: {} },
  { file: '/sys/kernel/mm/transparent_hugepage/shmem_enabled', names: { madvise: 'advise' } },
]

/** Remembers the host's own settings by file, so that they are put back even after the run was killed. */
const original = (runRoot: string) => join(runRoot, 'transparent-huge-pages.json')
const originalSchema = z.record(z.string(), z.string())

/**
 * Sets the kernel's transparent huge pages for a while; {@link putBackHugePages} undoes it.
 * @param value always, madvise or never
 */
export function setHugePages(runRoot: string, value: string, kernel = KERNEL): void {
  const path = original(runRoot)
  const there = kernel.filter(({ file }) => existsSync(file))
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  if (!existsSync(path))
    writeFileSync(
      path,
      JSON.stringify(Object.fromEntries(there.map(({ file }) => [file, transparentHugePages(file)]))),
      { mode: 0o600 },
    )
  for (const { file, names } of there) writeFileSync(file, names[value] ?? value)
}

export function putBackHugePages(runRoot: string, kernel = KERNEL): void {
  const path = original(runRoot)
  if (!existsSync(path)) return
  const before = originalSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
  for (const { file } of kernel) if (before[file]) writeFileSync(file, before[file])
  rmSync(path)
}
