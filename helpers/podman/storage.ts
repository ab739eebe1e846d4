import { createHash } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Problem } from '../core/problem.ts'
import { isMountPoint, mountTmpfs, space, unmountBelow } from '../host/mounts.ts'
import { privateFolder } from '../host/private-folder.ts'
import type { Store } from './podman.ts'
import { endProcesses } from './reaper.ts'

/** Where container storage, and with it a checkpoint in place, lies. */
export const STORAGES = ['disk', 'tmpfs', 'tmpfs-huge'] as const
export type StorageKind = (typeof STORAGES)[number]

export interface StorageRoots {
  stateDir: string
  checkpointDir: string
  imageStore: string
}

/**
 * Run-time state of the suite's containers, gone with a reboot; one for each STATE_DIR. The image stores' lies
 * elsewhere:
 * with this one every process that names it is taken away.
 */
export function runRoot(stateDir: string): string {
  return `/run/criu-gpu-bench-${createHash('sha256').update(stateDir).digest('hex').slice(0, 8)}`
}

/** Whether a name in /run is that of such a folder. */
export const isRunRoot = (name: string): boolean => /^criu-gpu-bench-[0-9a-f]{8}$/.test(name)

/** What holds off a second run with that STATE_DIR. */
export const runLock = (stateDir: string): string => `${runRoot(stateDir)}.lock`

/** The folder of a kind, the suite's alone. */
export function storageFolder(
  kind: StorageKind,
  { stateDir, checkpointDir }: Pick<StorageRoots, 'stateDir' | 'checkpointDir'>,
): string {
  return {
    disk: join(stateDir, 'storage'),
    tmpfs: join(checkpointDir, 'storage'),
    'tmpfs-huge': join(checkpointDir, 'huge'),
  }[kind]
}

/** A podman store of that kind. Pure: nothing is made. */
export function storeOf(kind: StorageKind, roots: StorageRoots): Store {
  const runroot = join(runRoot(roots.stateDir), kind)
  return {
    root: join(storageFolder(kind, roots), 'root'),
    runroot,
    tmpdir: join(runroot, 'tmp'),
    imageStore: roots.imageStore,
  }
}

/** Makes the storage ready: for huge pages a tmpfs of its own. Throws a Problem where the host cannot. */
export async function openStorage(kind: StorageKind, roots: StorageRoots): Promise<Store> {
  const path = storageFolder(kind, roots)
  privateFolder(path)
  if (kind === 'tmpfs-huge' && !isMountPoint(path)) {
    await mountTmpfs(path, { size: space(roots.checkpointDir).size, huge: 'always' }).catch((error: Error) => {
      throw new Problem(`this kernel has no tmpfs with huge pages (CONFIG_TRANSPARENT_HUGEPAGE)\n${error.message}`)
    })
  }
  const store = storeOf(kind, roots)
  for (const part of [store.root, store.runroot]) privateFolder(part)
  // within a private one: podman gives it another mode where it makes it
  mkdirSync(store.tmpdir, { recursive: true, mode: 0o700 })
  return store
}

/** Takes everything of a storage away, its containers' mounts included. */
export async function removeStorage(kind: StorageKind, roots: StorageRoots): Promise<void> {
  const path = storageFolder(kind, roots)
  const { runroot } = storeOf(kind, roots)
  endProcesses(runroot)
  for (const part of [path, runroot]) {
    await unmountBelow(part)
    rmSync(part, { recursive: true, force: true })
  }
}
