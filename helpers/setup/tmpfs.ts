import { readFileSync, statSync } from 'node:fs'
import { readdir, stat, statfs } from 'node:fs/promises'
import { z } from 'zod'
import type { Configuration } from '../config/configuration.ts'
import { Problem } from '../core/problem.ts'
import { readRecord, writeRecord } from '../core/record.ts'
import { engineDescriptions } from '../engines/index.ts'
import { quote } from '../host/command.ts'
import { memory } from '../host/memory.ts'
import { mountOf, mounts, mountTmpfs } from '../host/mounts.ts'
import { missing, ok, type Step, unusable } from './step.ts'

/** The memory file system at CHECKPOINT_DIR. One that is there already is used as it is. */

const MIB = 1024 ** 2
const GIB = 1024 ** 3
const TMPFS_MAGIC = 0x01021994 // statfs(2)

/** @property bytes what it gets @property wanted what the engine's checkpoints need */
export interface Size {
  bytes: number
  wanted: number
}

/**
 * How large the tmpfs becomes, in bytes: what the engine says, otherwise all that may be taken, which is half of the
 * available memory (the restored processes need theirs).
 */
export function tmpfsSize(c: Pick<Configuration, 'engine' | 'modelBytes'>, available: number): Size {
  const half = Math.floor(available / 2)
  const wanted = engineDescriptions[c.engine].tmpfs?.(c.modelBytes) ?? half
  return { bytes: Math.min(wanted, half), wanted }
}

export const gib = (bytes: number) => `${(bytes / GIB).toFixed(1)} GiB`

/** What is said where the tmpfs is smaller than wanted; undefined where it is large enough. */
export function tooSmall({ bytes, wanted }: Size): string | undefined {
  if (bytes >= wanted) return undefined
  return `${gib(bytes)} of ${gib(wanted)} wanted: checkpoints may not fit. Free memory, or set a smaller MODEL_SIZE`
}

/** The same for one that is mounted already. @param possible what set-up would mount now */
function smallerThan(possible: Size, { bytes, folder }: { bytes: number; folder: string }): string | undefined {
  const { wanted } = possible
  if (bytes >= wanted || possible.bytes < wanted) return tooSmall({ bytes, wanted })
  return (
    `${gib(bytes)} of ${gib(wanted)} wanted: checkpoints may not fit together. ` +
    `mount -o remount,size=${Math.ceil(wanted / MIB)}M ${quote([mountOf(folder).point])}`
  )
}

/** Which mount set-up made: one at the same place may be another's after a reboot, or once it was unmounted. */
const RECORD = 'tmpfs'
const record = z.object({ path: z.string(), boot: z.string(), device: z.number() })
const mountAt = (path: string): z.infer<typeof record> => ({
  path,
  boot: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
  device: statSync(path).dev,
})

/** Whether the tmpfs at CHECKPOINT_DIR is the one that set-up mounted. */
export function isOwnMount({ stateDir, checkpointDir }: Pick<Configuration, 'stateDir' | 'checkpointDir'>): boolean {
  const made = readRecord(stateDir, RECORD, record)
  if (!made || !mounts().some(({ point }) => point === checkpointDir)) return false
  return JSON.stringify(made) === JSON.stringify(mountAt(checkpointDir))
}

export const tmpfs: Step = {
  name: 'tmpfs',
  async probe(c) {
    const { checkpointDir } = c
    const there = await stat(checkpointDir).catch(() => undefined)
    if (there && !there.isDirectory())
      return unusable(`${checkpointDir} is not a folder`, 'Name another folder with CHECKPOINT_DIR')
    const system = there && (await statfs(checkpointDir))
    if (!system || system.type !== TMPFS_MAGIC) {
      const mount = mounts().findLast(({ point }) => point === checkpointDir)
      if (mount)
        return unusable(
          `${checkpointDir} is ${mount.type}, not memory`,
          'Unmount it, or name another folder with CHECKPOINT_DIR',
        )
      if (there && (await readdir(checkpointDir)).length > 0)
        return unusable(
          `${checkpointDir} is not a tmpfs and holds files, which a tmpfs mounted there would hide`,
          'Empty it, or name another folder with CHECKPOINT_DIR',
        )
      return missing(`${checkpointDir} is not mounted`)
    }
    const bytes = system.blocks * system.bsize
    const possible = tmpfsSize(c, memory().MemAvailable ?? 0)
    return ok(
      `${checkpointDir}, ${gib(bytes)}, ${gib(system.bavail * system.bsize)} free`,
      engineDescriptions[c.engine].tmpfs && smallerThan(possible, { bytes, folder: checkpointDir }),
    )
  },

  async make(c) {
    const { bytes } = tmpfsSize(c, memory().MemAvailable ?? 0)
    try {
      await mountTmpfs(c.checkpointDir, { size: bytes })
      writeRecord(c.stateDir, RECORD, mountAt(c.checkpointDir))
    } catch (error) {
      throw new Problem(
        `set-up: no tmpfs at ${c.checkpointDir}: ${(error as Error).message}\nMount one there yourself, or ` +
          'name an existing one with CHECKPOINT_DIR (such as /dev/shm/checkpoints).',
        { cause: error },
      )
    }
  },
}
