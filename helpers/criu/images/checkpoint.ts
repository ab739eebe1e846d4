import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type ImageFile, readImage } from './image-file.ts'
import { readVmas, STATUS, type Vma } from './memory-map.ts'
import { type ContainerMount, readMounts } from './mountpoints.ts'
import { type Pagemap, readPagemap } from './pagemap.ts'
import { readName, readProcessTree, readStackPointer } from './process-tree.ts'
import { ImageError } from './wire.ts'

/** What of a process lies in the folder of images. */
export interface CheckpointedProcess {
  pid: number
  parent: number
  name: string
  /** Where the stacks of its threads end. */
  stacks: number[]
  mm: ImageFile
  /** In the order of their addresses. */
  vmas: Vma[]
  /** Stretches under MADV_GUARD_INSTALL, which images list behind the mappings they lie in. */
  guards: Vma[]
  pagemap: Pagemap
  pagemapImage: ImageFile
}

/** A folder of CRIU's images. Reads everything but the pages. */
export interface CheckpointImages {
  folder: string
  processes: CheckpointedProcess[]
  mounts: ContainerMount[]
  files: ImageFile
}

/** @throws ImageError where the folder holds no checkpoint, or an image of it cannot be read */
export function readCheckpoint(folder: string): CheckpointImages {
  if (!existsSync(join(folder, 'pstree.img')))
    throw new ImageError(`${folder} holds no checkpoint: it has no pstree.img`)
  const image = (name: string, kind: Parameters<typeof readImage>[1]) => readImage(join(folder, `${name}.img`), kind)
  // Dead processes have no memory.
  const alive = readProcessTree(image('pstree', 'pstree')).filter(({ pid }) =>
    existsSync(join(folder, `mm-${pid}.img`)),
  )
  const processes = alive.map(({ pid, parent, threads }): CheckpointedProcess => {
    const mm = image(`mm-${pid}`, 'mm')
    const pagemapImage = image(`pagemap-${pid}`, 'pagemap')
    const cores = [...new Set([pid, ...threads])].map(thread => image(`core-${thread}`, 'core'))
    const vmas = readVmas(mm.entries[0] ?? none(`mm-${pid}`))
    const isGuard = (vma: Vma) => Boolean(vma.status & STATUS.guard)
    return {
      pid,
      parent,
      mm,
      pagemapImage,
      name: readName(cores[0]!),
      stacks: cores.map(readStackPointer).filter(pointer => pointer !== undefined),
      vmas: vmas.filter(vma => !isGuard(vma)),
      guards: vmas.filter(isGuard),
      pagemap: readPagemap(pagemapImage),
    }
  })
  const mounts = readdirSync(folder)
    .filter(name => /^mountpoints-\d+\.img$/.test(name))
    .flatMap(name => readMounts(readImage(join(folder, name), 'mountpoints')))
  return { folder, processes, mounts, files: image('files', 'files') }
}

export const pagesFile = (folder: string, id: number): string => join(folder, `pages-${id}.img`)

/** A number that no file of pages in the folder has yet. */
export function freePagesId(folder: string): number {
  return (
    readdirSync(folder).reduce(
      (largest, name) => Math.max(largest, Number(/^pages-(\d+)\.img/.exec(name)?.[1] ?? 0)),
      0,
    ) + 1
  )
}

function none(name: string): never {
  throw new ImageError(`${name}.img is empty`)
}
