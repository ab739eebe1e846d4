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

/** Ends a process at once; no error where it is gone. */
export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {}
}

/** Ends a process and all that descends from it. */
export function endTree(pid: number): void {
  for (const one of processTree(pid)) kill(one)
}

export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

/** The kernel's name of a process, up to 15 characters; '' where it is gone. */
export function commandName(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
  } catch {
    return ''
  }
}

/** The id that a process has in its own, innermost pid namespace; it keeps it over a restore. NaN where it is gone. */
export function innerPid(pid: number): number {
  try {
    return Number(/^NSpid:.*?(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
  } catch {
    return Number.NaN
  }
}

/** Bytes of memory, files aside, that these processes hold together; pages that several share count once each. */
export function residentBytes(pids: number[]): number {
  return pids.reduce((sum, pid) => {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8')
      return [...status.matchAll(/^Rss(?:Anon|Shmem):\s+(\d+) kB$/gm)].reduce((bytes, [, kilobytes]) => bytes + Number(kilobytes) * 1024, sum)
    } catch {
      return sum
    }
  }, 0)
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
