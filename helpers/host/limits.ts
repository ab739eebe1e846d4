import { readFileSync } from 'node:fs'

/** Hard limits of this process: files it may open, processes it may start. Unlimited is Infinity. */
export function hardLimits(text = readFileSync('/proc/self/limits', 'utf8')): { files: number; processes: number } {
  const hard = (name: string) => {
    const value = new RegExp(`^${name}\\s+\\S+\\s+(\\S+)`, 'm').exec(text)?.[1]
    return value === 'unlimited' || value === undefined ? Number.POSITIVE_INFINITY : Number(value)
  }
  return { files: hard('Max open files'), processes: hard('Max processes') }
}
