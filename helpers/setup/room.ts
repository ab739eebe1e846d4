import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Configuration } from '../config/configuration.ts'
import { memory } from '../host/memory.ts'
import { mountOf, mounts, space } from '../host/mounts.ts'
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
    disk: space(existing(c.stateDir)).free * USABLE,
    memory: available,
    size,
    mount,
  }
}

/** Its size, and what lies in it and in those below it, which have limits of their own. */
function tmpfsOf(folder: string): { size: number; used: number; mount: string } | undefined {
  if (!existsSync(folder)) return undefined
  const { point, type } = mountOf(folder)
  if (type !== 'tmpfs') return undefined
  const below = mounts().filter(mounted => mounted.type === 'tmpfs' && mounted.point.startsWith(`${folder}/`))
  const all = [folder, ...new Set(below.map(({ point }) => point))].map(space)
  return { size: all[0]!.size, used: all.reduce((sum, { size, free }) => sum + size - free, 0), mount: point }
}

/** The nearest folder that is there. */
const existing = (path: string): string => (existsSync(path) || path === '/' ? path : existing(dirname(path)))
