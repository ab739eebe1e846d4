import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Configuration } from '../config/configuration.ts'
import { memory } from '../host/memory.ts'
import { mountOf, mounts, type Space, spaceIfThere } from '../host/mounts.ts'
import { tmpfsSize } from './tmpfs.ts'

/** What this host has for checkpoints now, in bytes. */

/** A file system is never filled to its last page: containers write small files beside the images. */
export const USABLE = 0.98

export interface FreeRoom {
  /** Of CHECKPOINT_DIR, those mounted below it counted as part of it. */
  tmpfs: number
  disk: number
  memory: number
  /** Of the tmpfs, all of it. */
  size: number
  /** Where it is mounted. */
  mount: string
}

/** The room of this host; a tmpfs that is not mounted yet counts as set-up would make it. */
export function freeRoom(c: Pick<Configuration, 'checkpointDir' | 'stateDir' | 'engine' | 'modelBytes'>): FreeRoom {
  const available = memory().MemAvailable ?? 0
  const toBeMade = { size: tmpfsSize(c, available).bytes, used: 0, mount: c.checkpointDir }
  const { size, used, mount } = tmpfsOf(c.checkpointDir) ?? toBeMade
  return {
    tmpfs: size * USABLE - used,
    disk: nearestSpace(c.stateDir).free * USABLE,
    memory: available,
    size,
    mount,
  }
}

/** Its size, and what lies in it and in those below it, which have limits of their own. */
function tmpfsOf(folder: string): { size: number; used: number; mount: string } | undefined {
  const own = spaceIfThere(folder)
  const { point, type } = mountOf(folder)
  if (!own || type !== 'tmpfs') return undefined
  const below = mounts().filter(mounted => mounted.type === 'tmpfs' && mounted.point.startsWith(`${folder}/`))
  // one that another mount hides, or that has just gone, holds nothing that a checkpoint could have
  const others = below.flatMap(({ point }) => spaceIfThere(point) ?? [])
  // podman mounts a folder of its storage on itself: a second mount of the same file system
  const all = [...new Map([own, ...others].map(one => [one.device, one])).values()]
  return { size: own.size, used: all.reduce((sum, { size, free }) => sum + size - free, 0), mount: point }
}

/** Of the nearest folder that is there and may be seen. */
function nearestSpace(path: string): Space {
  return (existsSync(path) ? spaceIfThere(path) : undefined) ?? nearestSpace(dirname(path))
}
