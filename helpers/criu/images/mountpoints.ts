import type { ImageFile } from './image-file.ts'

/** A mount of the container, as mountpoints-ID.img has it. Source: images/mnt.proto. */
export interface ContainerMount {
  id: number
  path: string
  /** Programs and pages in it cannot be executed. */
  noExec: boolean
}

const FIELD = { id: 2, flags: 5, path: 7 } as const
/** Source: include/uapi/linux/mount.h. */
const MS_NOEXEC = 8

export function readMounts(image: ImageFile): ContainerMount[] {
  return image.entries.map(entry => ({
    id: entry.number(FIELD.id),
    path: normal(entry.text(FIELD.path) ?? ''),
    noExec: Boolean(entry.number(FIELD.flags, 0) & MS_NOEXEC),
  }))
}

/** The mount that holds a path; undefined where that is the root file system, or no mounts were dumped. */
export function containerMountOf(mounts: readonly ContainerMount[], path: string): ContainerMount | undefined {
  return mounts
    .filter(mount => mount.path !== '/' && (path === mount.path || path.startsWith(`${mount.path}/`)))
    .sort((one, other) => other.path.length - one.path.length)[0]
}

/** Some versions write `./name` or a zero at the end. */
const normal = (path: string) => `/${path.replace(/\0+$/, '').replace(/^\.?\/+/, '')}`
