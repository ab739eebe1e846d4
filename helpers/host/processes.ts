import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { textOf } from './lenient.ts'

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

/**
 * When a process started, in the kernel's clock ticks since boot: it tells a process from a later one of the same
 * number.
 * Undefined where it is gone. Source: proc_pid_stat(5), field 22; the name in field 2 may hold spaces and brackets.
 */
export function startTicks(pid: number): number | undefined {
  try {
    return Number(/\) (?:\S+ ){19}(\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8').slice(-1000))?.[1])
  } catch {
    return undefined
  }
}

/** A process, told from a later one of the same number. */
export interface Birth {
  pid: number
  ticks: number
}

/** Those that are there, each once, in their order. */
export function births(pids: number[]): Birth[] {
  return [...new Set(pids)].flatMap(pid => {
    const ticks = startTicks(pid)
    return ticks === undefined ? [] : { pid, ticks }
  })
}

export const stillRuns = ({ pid, ticks }: Birth): boolean => startTicks(pid) === ticks && isAlive(pid)

/** No error where it is gone. */
export function signalSame(one: Birth, signal: NodeJS.Signals): void {
  try {
    if (startTicks(one.pid) === one.ticks) process.kill(one.pid, signal)
  } catch {}
}

export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

/** The kernel's name of a process, up to 15 characters; '' where it is gone. */
export const commandName = (pid: number): string => textOf(`/proc/${pid}/comm`).trim()

/** What a process calls itself where it does so at length, such as VLLM::Worker_TP0; else {@link commandName}. */
export function processTitle(pid: number): string {
  const name = commandName(pid)
  try {
    const [title = ''] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
    return name && title.startsWith(name) ? title.trim() : name
  } catch {
    return name
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
      return [...status.matchAll(/^Rss(?:Anon|Shmem):\s+(\d+) kB$/gm)].reduce(
        (bytes, [, kilobytes]) => bytes + Number(kilobytes) * 1024,
        sum,
      )
    } catch {
      return sum
    }
  }, 0)
}

/** Bytes of a file of this name that one of these processes has mapped: the most that any of them has. */
export function mappedBytes(pids: number[], name: string): number {
  return Math.max(
    0,
    ...pids.map(pid => {
      try {
        const lines = readFileSync(`/proc/${pid}/maps`, 'utf8')
          .split('\n')
          .filter(line => line.endsWith(`/${name}`))
        return lines.reduce((sum, line) => {
          const [from, to] = line
            .split(' ', 1)[0]!
            .split('-')
            .map(address => Number.parseInt(address, 16))
          return sum + to! - from!
        }, 0)
      } catch {
        return 0
      }
    }),
  )
}

/** Descriptors of a process that point to `path`. */
export function descriptorsOf(pid: number, path: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).filter(fd => {
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
    return parsePosition(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8'))
  } catch {
    return undefined
  }
}

/** `pos` of a /proc/PID/fdinfo file; undefined where it has none, as of a process that is ending. */
export function parsePosition(fdinfo: string): number | undefined {
  const digits = /^pos:[ \t]+(\d{1,20})$/m.exec(fdinfo)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/** Pipes and sockets behind these descriptors of a process, as /proc names them: `pipe:[123]`. [] where it is gone. */
export function openFiles(pid: number, descriptors: number[]): string[] {
  return descriptors
    .flatMap(fd => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`)
      } catch {
        return []
      }
    })
    .filter(name => /^(?:pipe|socket):/.test(name))
}

/** Processes that have one of these pipes or sockets open, but this one. */
export function holdersOf(names: string[]): number[] {
  if (names.length === 0) return []
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number)
    .filter(pid => pid !== process.pid && names.some(name => descriptorsOf(pid, name).length > 0))
}
