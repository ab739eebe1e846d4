import { join } from 'node:path'
import { readCheckpoint, type CheckpointedProcess } from './checkpoint.ts'
import { executable, withExecutable } from './memory-map.ts'
import { addRegularFile, freeFileId, readRegularFiles } from './regular-files.ts'
import { replaceImage } from './replace.ts'

/**
 * Ends the copy-on-write sharing between parents and the children they forked. CRIU restores memory that a parent and a child
 * may share before it forks the child, one process after another, and compares the two page by page; memory that is a
 * process's own it reads late, all processes side by side. It takes equal ranges for shared where both run the same program
 * file (criu/mem.c, prepare_cow_vmas): here the child gets an entry of its own for the same file.
 * The price: pages that were shared are there once for each process. In place; at every moment the folder restores.
 * @returns how many processes no longer share with their parent
 * @throws ImageError where the folder holds no checkpoint, or an image of it cannot be read
 */
export async function separateProcesses(folder: string): Promise<number> {
  const { processes, files } = readCheckpoint(folder)
  const program = (process: CheckpointedProcess) => executable(process.mm.entries[0]!)
  const byPid = new Map(processes.map(process => [process.pid, process]))
  const registered = new Map(readRegularFiles(files).map(({ id, message }) => [id, message]))
  const sharing = processes.filter((process) => {
    const parent = byPid.get(process.parent)
    return parent && program(parent) === program(process) && registered.has(program(process))
  })
  if (!sharing.length) return 0
  const firstId = freeFileId(files)
  await replaceImage(join(folder, 'files.img'), sharing.reduce((image, process, index) => addRegularFile(image, firstId + index, registered.get(program(process))!), files))
  for (const [index, { pid, mm }] of sharing.entries()) {
    await replaceImage(join(folder, `mm-${pid}.img`), { ...mm, entries: [withExecutable(mm.entries[0]!, firstId + index)] })
  }
  return sharing.length
}
