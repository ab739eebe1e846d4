import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { cgroupProcesses, removeCgroups } from './cgroups.ts'
import { mounts } from './mounts.ts'
import { processTree } from './processes.ts'

/**
 * Takes away what a run left: synchronous, because it must also work while the process ends, and without podman's help,
 * because podman may be what hangs.
 * @param runRoot run-time folder of the suite's containers
 * @param folders folders whose content belongs to the suite alone; mounts below them go first
 */
export function reap(runRoot: string, folders: string[]): void {
  endProcesses(runRoot)
  removeCgroups(runRoot)
  for (const folder of [...folders, runRoot]) {
    unmountBelow(folder)
    try {
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
    } catch {
      // a mount that only a dying process still holds: the next start reaps it
    }
  }
}

/** Kills every process of the suite's containers whose run-time state lies below a folder, also one that is still being restored. */
export function endProcesses(runRoot: string): void {
  for (const pid of leftProcesses(runRoot)) kill(pid)
}

/** Kills all that this process has started, workers first of all: they would start the next trial while this one ends. */
export function endChildren(): void {
  for (const pid of processTree(process.pid)) if (pid !== process.pid) kill(pid)
}

/** Processes of the suite's containers: podman, conmon and the runtime name its folder in their arguments, the rest descends from them or is in its cgroups. */
export function leftProcesses(runRoot: string): number[] {
  const named = readdirSync('/proc').filter(name => /^\d+$/.test(name)).map(Number)
    .filter(pid => pid !== process.pid && read(`/proc/${pid}/cmdline`).includes(`${runRoot}/`))
  const runtime = pidFiles(runRoot)
  return [...new Set([...named, ...runtime, ...cgroupProcesses(runRoot)].flatMap(processTree))].filter(pid => pid !== process.pid)
}

function pidFiles(runRoot: string): number[] {
  try {
    return readdirSync(runRoot, { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile() && (entry.name === 'pidfile' || entry.name.endsWith('.pid')))
      .map(entry => Number(read(`${entry.parentPath}/${entry.name}`))).filter(pid => pid > 1)
  } catch {
    return []
  }
}

function unmountBelow(folder: string): void {
  const points = mounts().map(mount => mount.point).filter(point => point === folder || point.startsWith(`${folder}/`))
  for (const point of points.sort((a, b) => b.length - a.length)) spawnSync('umount', ['--lazy', point], { stdio: 'ignore', timeout: 5000 })
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {}
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
