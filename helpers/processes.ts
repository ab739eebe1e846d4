import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** Process ids of `pid` and all that descend from it; [] where it is gone. */
export function processTree(pid: number): number[] {
  const found: number[] = []
  const todo = [pid]
  for (let next = todo.shift(); next !== undefined; next = todo.shift()) {
    try {
      const tasks = readdirSync(`/proc/${next}/task`)
      found.push(next)
      for (const task of tasks) {
        const children = readFileSync(`/proc/${next}/task/${task}/children`, 'utf8').trim()
        if (children) todo.push(...children.split(' ').map(Number))
      }
    } catch {}
  }
  return found
}

export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

/** Descriptors of a process that point to `path`. */
export function descriptorsOf(pid: number, path: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).filter((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`) === path
      } catch {
        return false
      }
    })
  } catch {
    return []
  }
}

/** Read position of a descriptor in bytes; undefined once it is closed. */
export function position(pid: number, fd: string): number | undefined {
  try {
    return Number(/^pos:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8'))?.[1])
  } catch {
    return undefined
  }
}
