import { spawnSync } from 'node:child_process'
import { readdirSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { cgroupProcesses, removeCgroups, thaw } from '../host/cgroups.ts'
import { namesIn, textOf } from '../host/lenient.ts'
import { mounts } from '../host/mounts.ts'
import { kill, processTree } from '../host/processes.ts'

/**
 * Takes away what a run left: synchronous, because it must also work while the process ends, and without podman's help,
 * because podman may be what hangs.
 * @param runRoot run-time folder of the suite's containers
 * @param folders folders whose content belongs to the suite alone; mounts below them go first
 */
export function reap(runRoot: string, folders: string[]): void {
  endProcesses(runRoot)
  removeCgroups(runRoot)
  removeRestores(folders.flatMap(containersOf))
  removeBrokenRestores(folders)
  removeForgotten(folders)
  for (const folder of [...folders, runRoot]) removeFolder(folder)
}

/**
 * Takes a folder away with the mounts below it; one that cannot be unmounted keeps it: what is
 * mounted may be another's.
 */
export function removeFolder(folder: string): void {
  unmountBelow(folder)
  if (mountsBelow(folder).length > 0) return
  try {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  } catch {
    // a mount that only a dying process still holds: the next start reaps it
  }
}

/**
 * Kills every process of the suite's containers whose run-time state lies below a folder, also one that is
 * still being restored.
 */
export function endProcesses(runRoot: string): void {
  for (const pid of processesOf(runRoot)) kill(pid)
  thaw(runRoot)
}

/**
 * Kills what is left of one container: processes that name it in their arguments (conmon, the runtime), CRIU and the
 * half-restored server below them. A restore that was given up goes on by itself otherwise, and keeps the port.
 * @param container as podman or the runtime was told: name or id
 * @returns how many there were
 */
export function endContainer(runRoot: string, container: string): number {
  const argvs = [...commandLines()].filter(
    ([, argv]) => argv.includes(container) && argv.some(word => word.includes(`${runRoot}/`)),
  )
  const found = [...new Set(argvs.flatMap(([pid]) => processTree(pid)))]
  for (const pid of found) kill(pid)
  // a store lies right below the folder that the cgroup is named after
  thaw(dirname(runRoot))
  if (found.length > 0) removeRestores(argvs.flatMap(([, argv]) => argv.filter(word => CONTAINER_ID.test(word))))
  return found.length
}

/** Where OCI runtimes keep the state of containers that podman starts; podman gives them no other place. */
export const RUNTIME_ROOTS = ['/run/runc', '/run/crun']
const CONTAINER_ID = /^[0-9a-f]{64}$/

/** The containers of a store that lies in `folder`, by what podman keeps of them. */
function containersOf(folder: string): string[] {
  return namesIn(join(folder, 'root/overlay-containers')).filter(name => CONTAINER_ID.test(name))
}

/**
 * Takes away what an OCI runtime keeps of a restore that was broken off: CRIU's root mount, and the state for which the
 * next restore would say "container with given ID already exists".
 */
export function removeRestores(containers: string[], roots = RUNTIME_ROOTS): void {
  for (const path of containers.flatMap(id => roots.map(root => join(root, id)))) {
    unmountBelow(path)
    // a runtime that was just killed may still write
    rmSync(path, { recursive: true, force: true, maxRetries: 3 })
  }
}

/**
 * The same for restores of containers that nobody knows any more, as an import whose conmon was killed: the runtime has
 * not written the container's state yet, and CRIU's root is mounted from a store below one of these folders.
 */
export function removeBrokenRestores(folders: string[], roots = RUNTIME_ROOTS): void {
  const mounted = mounts()
    .filter(({ options }) => folders.some(folder => options.includes(`${folder}/`)))
    .map(({ point }) => point)
  const begun = roots
    .flatMap(root => namesIn(root).map(id => join(root, id)))
    .filter(path => mounted.some(point => point.startsWith(`${path}/`)))
  for (const path of begun.filter(path => !STATE_FILES.some(name => namesIn(path).includes(name))))
    removeRestores([basename(path)], [dirname(path)])
}

/**
 * What runc and crun write once a container runs. Sources: runc's libcontainer/factory_linux.go, crun's
 * src/libcrun/status.c.
 */
const STATE_FILES = ['state.json', 'status']

/**
 * The same for containers that podman has forgotten, as one whose clean-up was killed half-way. Asked once their
 * processes are gone.
 */
export function removeForgotten(folders: string[], roots = RUNTIME_ROOTS): void {
  const isOurs = (path: string) =>
    STATE_FILES.flatMap(name => [...textOf(join(path, name)).matchAll(/"(?:rootfs|bundle)":\s*"([^"]+)"/g)]).some(
      ([, below]) => folders.some(folder => below!.startsWith(`${folder}/`)),
    )
  for (const root of roots)
    removeRestores(
      namesIn(root).filter(id => isOurs(join(root, id))),
      [root],
    )
}

/**
 * Kills all that this process has started, workers first of all: they would start the next trial while this one ends.
 */
export function endChildren(): void {
  for (const pid of processTree(process.pid)) if (pid !== process.pid) kill(pid)
}

/**
 * Processes of the suite's containers: podman, conmon and the runtime name its folder in their arguments, the rest
 * descends from them or is in its cgroups.
 */
export function processesOf(runRoot: string): number[] {
  const named = [...commandLines()]
    .filter(([, argv]) => argv.some(word => word.includes(`${runRoot}/`)))
    .map(([pid]) => pid)
  return [...new Set([...named, ...pidFiles(runRoot), ...cgroupProcesses(runRoot)].flatMap(processTree))].filter(
    pid => pid !== process.pid,
  )
}

/** The arguments of every process but this one. */
function commandLines(): Map<number, string[]> {
  const pids = readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number)
    .filter(pid => pid !== process.pid)
  return new Map(pids.map(pid => [pid, textOf(`/proc/${pid}/cmdline`).split('\0')]))
}

function pidFiles(runRoot: string): number[] {
  try {
    return readdirSync(runRoot, { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile() && (entry.name === 'pidfile' || entry.name.endsWith('.pid')))
      .map(entry => Number(textOf(`${entry.parentPath}/${entry.name}`)))
      .filter(pid => pid > 1)
  } catch {
    return []
  }
}

const mountsBelow = (folder: string) =>
  mounts()
    .map(mount => mount.point)
    .filter(point => point === folder || point.startsWith(`${folder}/`))

function unmountBelow(folder: string): void {
  for (const point of mountsBelow(folder).sort((a, b) => b.length - a.length))
    spawnSync('umount', ['--lazy', point], { stdio: 'ignore', timeout: 5000 })
}
