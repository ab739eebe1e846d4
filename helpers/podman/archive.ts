import { now, pause } from '../core/clock.ts'
import type { Phase } from '../core/schemas.ts'
import { descriptorsOf, position, processTree } from '../host/processes.ts'

/** One sample of who reads the archive: where a reader stands, or that nobody has it open. */
export interface ArchiveSample {
  time: number
  position: number | undefined
}

/** One reading of the archive from front to (nearly) back. */
export interface ArchivePass {
  began: number
  ended: number
  bytes: number
}

/** What `podman container restore --import` reads the archive for, in this order. Source: containers/podman#25662. */
const PASSES = ['archive.find-runtime', 'archive.read-config', 'archive.unpack']

/**
 * Watches how often a process (with its children) reads a file, by its position in /proc/PID/fdinfo, until the signal.
 * Costs about 30 µs a sample, and more while it looks for who reads.
 * @param every seconds between two samples
 */
export async function watchArchive(
  pid: number,
  path: string,
  signal: AbortSignal,
  every = 0.002,
): Promise<ArchiveSample[]> {
  const samples: ArchiveSample[] = []
  let reader: { pid: number; fd: string } | undefined
  while (!signal.aborted) {
    let at = reader && position(reader.pid, reader.fd)
    if (at === undefined || at === samples.at(-1)?.position) {
      // a pass may have ended and the next one opened the file anew, in this process or in a child of it
      reader = findReader(pid, path, reader)
      at = reader && position(reader.pid, reader.fd)
    }
    samples.push({ time: now(), position: at })
    await pause(every, signal)
  }
  return samples
}

function findReader(pid: number, path: string, known: { pid: number; fd: string } | undefined) {
  const open = processTree(pid).flatMap(process => descriptorsOf(process, path).map(fd => ({ pid: process, fd })))
  return open.find(found => found.pid === known?.pid && found.fd === known.fd && open.length === 1) ?? open.at(-1)
}

/** Splits samples into passes: one begins where the file is opened or its position falls back. Pure. */
export function archivePasses(samples: ArchiveSample[]): ArchivePass[] {
  const passes: ArchivePass[] = []
  let current: ArchivePass | undefined
  for (const { time, position } of samples) {
    if (position === undefined) {
      current = undefined
      continue
    }
    if (!current || position < current.bytes) {
      current = { began: time, ended: time, bytes: position }
      passes.push(current)
    }
    if (position > current.bytes) Object.assign(current, { ended: time, bytes: position })
  }
  return passes
}

/**
 * Passes as phases; `start` is the trial's begin on the monotonic clock. A pass over less than `smallest` bytes is no
 * reading of the archive.
 */
export function archivePhases(passes: ArchivePass[], start: number, smallest: number): Phase[] {
  return passes
    .filter(pass => pass.bytes >= smallest)
    .map((pass, index) => ({
      name: PASSES[index] ?? `archive.pass-${index + 1}`,
      start: pass.began - start,
      duration: pass.ended - pass.began,
    }))
}
