import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { transparentHugePages } from './memory.ts'

const KERNEL = '/sys/kernel/mm/transparent_hugepage/enabled'
/** Remembers the host's own setting, so that it is put back even after the run was killed. */
const original = (runRoot: string) => join(runRoot, 'transparent-huge-pages')

/** Sets the kernel's transparent huge pages for a while; {@link putBackHugePages} undoes it. */
export function setHugePages(runRoot: string, value: string): void {
  const path = original(runRoot)
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  if (!existsSync(path)) writeFileSync(path, transparentHugePages(), { mode: 0o600 })
  writeFileSync(KERNEL, value)
}

export function putBackHugePages(runRoot: string): void {
  const path = original(runRoot)
  if (!existsSync(path)) return
  writeFileSync(KERNEL, readFileSync(path, 'utf8'))
  rmSync(path)
}
