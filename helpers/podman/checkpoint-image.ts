import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fromWallClock } from '../core/clock.ts'
import { privateFolder } from '../host/private-folder.ts'
import type { Store } from './podman.ts'

/**
 * A checkpoint as an OCI image: one layer with the files of an archive. Podman mounts it and copies the files into the
 * container's folder. Source: podman's libpod/container_internal_common.go (createCheckpointImage,
 * importCheckpointImage).
 */

/** Of a container's checkpoint image; a tag may have capital letters where a name may not. */
export const checkpointImage = (container: string): string => `localhost/criu-gpu-bench/checkpoint:${container}`

/** A stretch of time in seconds on the monotonic clock. */
export interface Span {
  began: number
  ended: number
}

/**
 * TMPDIR for making one: podman writes the whole checkpoint there before it becomes a layer. It goes with the store, as
 * it holds the environment.
 */
export const imageWorkspace = ({ root }: Pick<Store, 'root'>): string => privateFolder(join(root, '..', 'making'))

/** What an image brings beside the folder `checkpoint`; others of a container's files are podman's own. */
const BESIDE = ['devshm-checkpoint.tar', 'rootfs-diff.tar', 'deleted.files']

/**
 * When the files of a checkpoint were copied into a container's folder: from the first one's birth to the last one's
 * last change. Times of files are rounded down to a few milliseconds. Undefined where there are none.
 */
export function copySpan(work: string): Span | undefined {
  const stats = copied(work).map(path => statSync(path))
  if (stats.length === 0) return undefined
  return {
    began: fromWallClock(Math.min(...stats.map(({ birthtimeMs }) => birthtimeMs))),
    ended: fromWallClock(Math.max(...stats.map(({ ctimeMs }) => ctimeMs))),
  }
}

function copied(work: string): string[] {
  try {
    const folder = join(work, 'checkpoint')
    const beside = readdirSync(work).filter(name => BESIDE.includes(name))
    return [...readdirSync(folder).map(name => join(folder, name)), ...beside.map(name => join(work, name))]
  } catch {
    return []
  }
}
