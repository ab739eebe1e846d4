import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fromWallClock, pause } from '../core/clock.ts'
import { Problem } from '../core/problem.ts'
import type { Phase } from '../core/schemas.ts'
import { indent } from '../host/command.ts'
import { endOf } from '../host/log-copy.ts'
import { spaceIfThere } from '../host/mounts.ts'
import { explainCriu, explainFull, isWhole } from './errors.ts'

/** The only place that knows CRIU's files. Formats: criu/log.c (time stamps), images/stats.proto. */

/** Where a container's checkpoint in place lies, for podman's overlay storage. */
export function checkpointFolder(root: string, containerId: string): { images: string; work: string } {
  const work = join(root, 'overlay-containers', containerId, 'userdata')
  return { images: join(work, 'checkpoint'), work }
}

/**
 * What lay in the container's /dev/shm; podman keeps it beside the images, with --keep for ever. Source: podman's
 * pkg/checkpoint.
 */
export const DEV_SHM = 'devshm-checkpoint.tar'

export interface RestoreTimes {
  /** Seconds on the monotonic clock. */
  began: number
  /** The first process entered CRIU's restorer: images are parsed, mounts made, processes forked. */
  restorer: number
  /** CRIU's CUDA plugin began with what goes back to the GPU; undefined where it had nothing to do. */
  devices?: number | undefined
  /** All processes run again. */
  resumed: number
}

const STAMP = /^\((\d+\.\d+)\)/

/**
 * Reads CRIU's own stages out of restore.log. Relative to CRIU's begin, in seconds; `last` is its last line.
 * @returns undefined where CRIU did not finish
 */
export function parseRestoreLog(
  log: string,
): { restorer: number; devices?: number; resumed: number; last: number } | undefined {
  let restorer: number | undefined
  let resumed: number | undefined
  // processes of which the plugin only finds that they have nothing there belong to its time
  let late: number | undefined
  let devices: number | undefined
  let last = 0
  for (const line of log.split('\n')) {
    const at = Number(STAMP.exec(line)?.[1])
    if (!Number.isFinite(at)) continue
    last = Math.max(last, at)
    if (restorer === undefined && line.includes('pie: ')) restorer = at
    if (line.includes('Run late stage hook')) late = at
    if (line.includes('cuda_plugin: resuming devices')) devices = late ?? at
    if (line.includes('Restore finished successfully')) resumed = at
  }
  if (resumed === undefined) return undefined
  const began = Math.min(restorer ?? resumed, resumed)
  return { restorer: began, ...(devices !== undefined && { devices }), resumed, last }
}

/**
 * When CRIU began, in milliseconds since 1970: what the log's last line says before the log was last written to. Its
 * birth is no sign of that, because podman makes the file (checkpointRestoreLabelLog) some 60 ms before it starts CRIU;
 * but CRIU cannot have begun before it, and times of files are rounded down to a few milliseconds.
 */
export const criuBegan = ({ birthtimeMs, mtimeMs }: { birthtimeMs: number; mtimeMs: number }, last: number): number =>
  Math.max(birthtimeMs, mtimeMs - last * 1000)

/** When the stages of the restore that wrote `work`/restore.log happened. The log must have been removed before it. */
export function restoreTimes(work: string): RestoreTimes | undefined {
  try {
    const path = join(work, 'restore.log')
    const stages = parseRestoreLog(readFileSync(path, 'latin1'))
    if (!stages) return undefined
    const began = fromWallClock(criuBegan(statSync(path), stages.last))
    const devices = stages.devices === undefined ? undefined : began + stages.devices
    return { began, restorer: began + stages.restorer, devices, resumed: began + stages.resumed }
  } catch {
    return undefined
  }
}

/**
 * Resolves when CRIU says that the processes run again, before the command that started it has ended.
 * Rejects with the signal's reason.
 */
export async function resumed(work: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted()
    if (hasResumed(work)) return
    await pause(0.001, signal)
  }
}

/** What CRIU's plugin says of GPU state that it could not bring back; to CRIU that is a restore like any other. */
const NOT_RESUMED = /Error \([^)]*\): cuda_plugin: (RESUME_DEVICES .*)$/m

/** Whether CRIU says that the processes run again, with all that they had on a GPU. */
export function hasResumed(work: string): boolean {
  const end = endOf(join(work, 'restore.log'), 4096)
  return end.includes('Restore finished successfully') && !NOT_RESUMED.test(end)
}

export interface RestoreLogFigures {
  lines: number
  /** Seconds for which CRIU asked the kernel what it can do; 0 where an earlier one had written that down. */
  probe?: number
}

/** What rules look at in restore.log, beside its stages. */
export function restoreLogFigures(log: string): RestoreLogFigures {
  const at = (line: RegExp) => Number(line.exec(log)?.[1] ?? Number.NaN)
  const probe = at(/^\(([\d.]+)\) Reading image tree$/m) - at(/^\(([\d.]+)\) File \S*criu\.kdat does not exist$/m)
  const known = /^\([\d.]+\) Loaded kdat cache from /m.test(log)
  return { lines: log.split('\n').length - 1, ...(known ? { probe: 0 } : probe >= 0 && { probe }) }
}

/** The figures of the restore that wrote `work`/restore.log; undefined where there is none. */
export function readRestoreLogFigures(work: string): RestoreLogFigures | undefined {
  try {
    return restoreLogFigures(readFileSync(join(work, 'restore.log'), 'latin1'))
  } catch {
    return undefined
  }
}

/** What CRIU's log of a restore says of its end. */
export interface RestoreLog {
  /**
   * `nothing`: it holds errors and warnings at most, as at CRIU's own log level; podman makes an empty
   * one before CRIU begins.
   */
  said: 'finished' | 'unfinished' | 'nothing' | 'none'
  /** Pages of memory that CRIU restored, all processes together; undefined where it does not say. */
  pages?: number
  /** Why CRIU's CUDA plugin left GPU state where it was. */
  notResumed?: string
}

/** @param log undefined where there is none. Source: criu/cr-restore.c, criu/mem.c (nr_restored_pages) */
export function parseRestoreEnd(log: string | undefined): RestoreLog {
  if (log === undefined) return { said: 'none' }
  const stamped = log.split('\n').filter(line => STAMP.test(line))
  const end = stamped.findLast(line => /Restore finished successfully|Restoring FAILED/.test(line))
  const said = end?.includes('Restore finished successfully')
    ? 'finished'
    : stamped.every(line => /\b(Error|Warn) /.test(line))
      ? 'nothing'
      : 'unfinished'
  const pages = stamped.flatMap(line => /\bnr_restored_pages:\s*(\d+)$/.exec(line)?.[1] ?? [])
  const [, notResumed] = NOT_RESUMED.exec(log) ?? []
  return {
    said,
    ...(notResumed && { notResumed }),
    ...(pages.length > 0 && { pages: pages.reduce((sum, count) => sum + Number(count), 0) }),
  }
}

/** What the restore.log in a folder says of its end. The log must have been removed before the restore. */
export function readRestoreEnd(work: string): RestoreLog {
  const path = join(work, 'restore.log')
  return parseRestoreEnd(existsSync(path) ? endOf(path) : undefined)
}

/** Removes the restore.log of every container of a store: one that is found later was written since. */
export function removeRestoreLogs(root: string): void {
  const containers = join(root, 'overlay-containers')
  const ids = existsSync(containers)
    ? readdirSync(containers, { withFileTypes: true }).filter(entry => entry.isDirectory())
    : []
  for (const { name: id } of ids) rmSync(join(checkpointFolder(root, id).work, 'restore.log'), { force: true })
}

/** The phases of CRIU's work, from `start` (the trial's, on the monotonic clock). */
export function criuPhases({ began, restorer, devices = Infinity, resumed }: RestoreTimes, start: number): Phase[] {
  const memory = Math.min(Math.max(devices, restorer), resumed)
  return [
    { name: 'criu.fork', start: began - start, duration: restorer - began },
    { name: 'criu.restore', start: restorer - start, duration: memory - restorer },
    ...(memory < resumed ? [{ name: 'cuda.restore', start: memory - start, duration: resumed - memory }] : []),
  ]
}

/**
 * Makes a failed dump or restore say what CRIU said: its cause goes first, since a table shows the first line alone.
 * @param log dump.log or restore.log; the error stays as it is where it names no cause and had room for one
 */
export function explainedByCriu(error: Error, did: 'dump' | 'restore', log: string): Error {
  const text = endOf(log)
  const said = explainCriu(text)
  const full = isWhole(text) ? undefined : explainFull(spaceIfThere(dirname(log))?.free ?? Number.POSITIVE_INFINITY)
  const found = said?.remedy ? said : (full ?? said)
  if (!found) return error
  return new Problem(
    [
      `CRIU could not ${did}: ${found.cause}`,
      found.remedy,
      error.message.split('\n')[0],
      ...(said ? [`${basename(log)} says:`, indent(said.lines)] : []),
    ]
      .filter(Boolean)
      .join('\n'),
  )
}

/** Bytes of all files in a folder of images. */
export function imageBytes(folder: string): number {
  return readdirSync(folder, { withFileTypes: true })
    .filter(entry => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(folder, entry.name)).size, 0)
}

/**
 * Lines of a CRIU configuration file that a container names with the annotation org.criu.config: the host's
 * /etc/criu/runc.conf stays as it is, and an empty name keeps runc from it. Source: runc's libcontainer/criu_linux.go,
 * handleCriuConfigurationFile.
 */
export const CRIU_CONFIG_ANNOTATION = 'org.criu.config'
