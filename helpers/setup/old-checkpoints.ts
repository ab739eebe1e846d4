import { statSync } from 'node:fs'
import { join } from 'node:path'
import { namesIn } from '../host/lenient.ts'
import { mounts } from '../host/mounts.ts'

/** Checkpoints that hold memory and that nobody may need: the suite has not made them, or another store has. */

export interface OldCheckpoint {
  path: string
  /** What it looks like. */
  what: string
  remedy: string
}

/** As people and podman's manual call an exported checkpoint. */
const ARCHIVE = /(ckpt|checkpoint|chkpt|criu).*\.(tar|tgz|tar\.\w+)$/i
/** Every CHECKPOINT_DIR holds it. */
const LOCK = '.run.lock'

/**
 * Archives at the top of /dev/shm, of every other tmpfs and of CHECKPOINT_DIR, and the CHECKPOINT_DIR of other stores.
 * @param own the CHECKPOINT_DIR that is in use
 * @param isKnown whether an archive is one of npm run checkpoint, where the configuration has them
 */
export function oldCheckpoints(
  own: string,
  isKnown: (archive: string) => boolean,
  folders = memoryFolders(),
): OldCheckpoint[] {
  return [...new Set([own, ...folders])].flatMap(folder => {
    const names = namesIn(folder)
    if (folder !== own && names.includes(LOCK))
      return {
        path: folder,
        what: 'CHECKPOINT_DIR of another store',
        remedy: `If nobody needs it: CHECKPOINT_DIR=${folder} npm run clean, with its own STATE_DIR`,
      }
    return names
      .filter(name => ARCHIVE.test(name) && isFile(join(folder, name)))
      .map(name => join(folder, name))
      .filter(path => !isKnown(path))
      .map(path => ({ path, what: 'an old checkpoint, judging by its name', remedy: `If nobody needs it: rm ${path}` }))
  })
}

/** The system's own hold none: sockets, locks and the like. */
const SYSTEM = /^\/(run|sys|proc|dev(?!\/shm))(\/|$)/

const memoryFolders = () => [
  ...new Set([
    '/dev/shm',
    ...mounts()
      .filter(({ point, type }) => type === 'tmpfs' && !SYSTEM.test(point))
      .map(({ point }) => point),
  ]),
]

const isFile = (path: string) => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false
