import { readFileSync } from 'node:fs'

/** Values of /proc/meminfo in bytes, such as MemTotal and MemAvailable. */
export function memory(text = readFileSync('/proc/meminfo', 'utf8')): Record<string, number> {
  return Object.fromEntries(
    [...text.matchAll(/^(\w+):\s+(\d+) kB$/gm)].map(([, name, kilobytes]) => [name!, Number(kilobytes) * 1024]),
  )
}

/**
 * The kernel's setting for transparent huge pages of private memory: always, madvise, never; `unknown` where the kernel
 * has none.
 */
export function transparentHugePages(file = '/sys/kernel/mm/transparent_hugepage/enabled'): string {
  try {
    return /\[(\w+)\]/.exec(readFileSync(file, 'utf8'))?.[1] ?? 'unknown'
  } catch {
    return 'unknown'
  }
}
