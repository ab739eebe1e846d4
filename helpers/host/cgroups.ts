import { existsSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { textOf } from './lenient.ts'

/**
 * The cgroups of the suite's containers, in every hierarchy (one with cgroup v2, one a controller with v1).
 * Synchronous, for the reaper.
 */

const CGROUPS = '/sys/fs/cgroup'
/** Seconds that killed processes get to leave theirs. */
const PATIENCE = 1

/** The cgroup above those of all containers whose run-time state lies below a folder. */
export const cgroupParent = (runRoot: string): string => `/${basename(runRoot)}`

/** Processes in the cgroups below it: also servers whose podman and conmon are gone. */
export function cgroupProcesses(runRoot: string): number[] {
  return [
    ...new Set(
      parents(runRoot)
        .flatMap(tree)
        .flatMap(folder => lines(join(folder, 'cgroup.procs')))
        .map(Number)
        .filter(pid => pid > 1),
    ),
  ]
}

/**
 * Lets frozen processes go on, those that were killed to their end: CRIU freezes a container while it dumps it, and
 * with cgroup v1 a signal waits for ever where CRIU was killed meanwhile.
 */
export function thaw(runRoot: string): void {
  for (const folder of parents(runRoot).flatMap(tree))
    for (const [file, word] of Object.entries(THAWED))
      if (existsSync(join(folder, file)))
        try {
          writeFileSync(join(folder, file), word)
        } catch {
          // gone meanwhile
        }
}

/** By the file that says it, of cgroup v1 and v2. */
const THAWED = { 'freezer.state': 'THAWED', 'cgroup.freeze': '0' }

/** Takes them away, the innermost first; the kernel refuses while a process is in one. */
export function removeCgroups(runRoot: string): void {
  const sleeper = new Int32Array(new SharedArrayBuffer(4))
  for (let waited = 0; waited < PATIENCE; waited += 0.02) {
    for (const folder of parents(runRoot).flatMap(tree).reverse()) {
      try {
        rmdirSync(folder)
      } catch {}
    }
    if (parents(runRoot).flatMap(tree).length === 0) return
    Atomics.wait(sleeper, 0, 0, 20)
  }
}

function parents(runRoot: string): string[] {
  const name = cgroupParent(runRoot)
  return ['', ...folders(CGROUPS)].map(hierarchy => join(CGROUPS, hierarchy, name))
}

/** A cgroup and all below it, the outer ones first; [] where there is none. */
function tree(folder: string): string[] {
  try {
    readdirSync(folder)
  } catch {
    return []
  }
  return [folder, ...folders(folder).flatMap(name => tree(join(folder, name)))]
}

function folders(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter(entry => entry.isDirectory())
      .map(entry => entry.name)
  } catch {
    return []
  }
}

const lines = (path: string) => textOf(path).split('\n').filter(Boolean)
