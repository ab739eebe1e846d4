import { mkdirSync, readFileSync, statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { command, succeeds } from './command.ts'

export interface Mount {
  point: string
  type: string
  options: string
}

/** Parses /proc/self/mountinfo. Source: proc_pid_mountinfo(5). */
export function parseMountinfo(text: string): Mount[] {
  return text
    .split('\n')
    .filter(Boolean)
    .map(line => {
      const [before = '', after = ''] = line.split(' - ')
      const [type = '', , options = ''] = after.split(' ')
      return { point: unescaped(before.split(' ')[4] ?? ''), type, options }
    })
}

const unescaped = (path: string) =>
  path.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))

export const mounts = (): Mount[] => parseMountinfo(readFileSync('/proc/self/mountinfo', 'utf8'))

/** The mount that a path lies on. The last one wins where several cover the same point. */
export function mountOf(path: string, all = mounts()): Mount {
  for (let folder = path; ; folder = dirname(folder)) {
    const found = all.findLast(mount => mount.point === folder)
    if (found) return found
    if (folder === '/') throw new Error('no root mount')
  }
}

export const isMountPoint = (path: string): boolean => mounts().some(mount => mount.point === path)

/**
 * Mounts a tmpfs, mode 0700, nosuid, nodev, on a folder that is made if need be. `size` in bytes, or in mount's words
 * such as 8g. Throws a Problem where the kernel refuses.
 */
export async function mountTmpfs(
  path: string,
  { size, huge }: { size: number | string; huge?: 'always' },
): Promise<void> {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  await command(
    'mount',
    [
      '-t',
      'tmpfs',
      '-o',
      [
        `size=${typeof size === 'number' ? Math.floor(size) : size}`,
        'mode=0700',
        'nosuid',
        'nodev',
        ...(huge ? [`huge=${huge}`] : []),
      ].join(','),
      'tmpfs',
      path,
    ],
    { timeout: 20 },
  )
}

/** Takes every mount at or below a path away, the innermost first. */
export async function unmountBelow(path: string): Promise<void> {
  const points = mounts()
    .map(mount => mount.point)
    .filter(point => point === path || point.startsWith(`${path}/`))
  for (const point of points.sort((a, b) => b.length - a.length)) {
    if (!(await succeeds('umount', [point], { timeout: 20 })))
      await succeeds('umount', ['--lazy', point], { timeout: 20 })
  }
}

/** The file system of a path: its device number, and its bytes, all and free. */
export interface Space {
  device: number
  size: number
  free: number
}

export function space(path: string): Space {
  const { bsize, blocks, bavail } = statfsSync(path)
  return { device: statSync(path).dev, size: bsize * blocks, free: bsize * bavail }
}

/** The same; undefined where the path is not there: mounts and folders of others come and go. */
export function spaceIfThere(path: string): Space | undefined {
  try {
    return space(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
