import { existsSync } from 'node:fs'
import { type FileHandle, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Problem } from '../../core/problem.ts'
import { type CheckpointedProcess, type CheckpointImages, pagesFile, readCheckpoint } from './checkpoint.ts'
import type { MemoryKind } from './kind.ts'
import { type MappingPlan, planMapping } from './mapping-plan.ts'
import { PAGE, writeVmas } from './memory-map.ts'
import { containerMountOf } from './mountpoints.ts'
import { copyInto, findZeroPages, freeOthers, type Moving } from './page-file.ts'
import { presentPages } from './pagemap.ts'
import { punchHole } from './punch-hole.ts'
import { addRegularFile, freeFileId, readRegularFiles, regularFile } from './regular-files.ts'
import { keepPages, replaceImage, writeBeside } from './replace.ts'

export interface MapPagesOptions extends Moving {
  /**
   * Where the content goes, on the host: a file that is not there yet, on tmpfs, in a folder that was bound into the
   * container when it started.
   */
  file: string
  /** The same file's path inside the container. */
  containerPath: string
  /** Memory with less content than this is left to CRIU: a mapping costs about as much as reading so much. Bytes. */
  minimumBytes?: number
  /** Which private anonymous memory. See {@link mapPages} for what differs afterwards. */
  kinds?: readonly MemoryKind[]
}

export interface MappedPages {
  /** Bytes of pages that CRIU had to read before, and still has to. */
  bytes: number
  left: number
  /** Bytes that the file holds; the rest of what went was zero. */
  mapped: number
  /** Mappings of the file, in all processes. */
  mappings: number
  /** Processes that were left as they were, and why. */
  skipped: { pid: number; name: string; reason: string }[]
}

/**
 * Small mappings written before their unused memory is freed: at most 1 GiB of it, or 64 MiB where room for one
 * checkpoint has to be enough.
 */
const AT_ONCE = { copied: 256, moved: 16 }

/** Allocators that take pages for zeroed after MADV_DONTNEED: jemalloc's extents (src/pages.c, pages_purge_forced). */
const EXPECTS_ZEROS = /\/libjemalloc[^/]*\.so/

/**
 * Turns private anonymous memory of a checkpoint into copy-on-write mappings of one file. CRIU then maps the file in
 * place of reading the pages: a restore takes as long for gigabytes as for megabytes, and pages are paid for when they
 * are touched. The file stays as it is, so the same images restore any number of times, also side by side. In place; at
 * every moment the folder restores, unless pages move. Nothing of CRIU or podman is changed.
 *
 * What differs for the restored processes:
 * - MADV_DONTNEED brings the checkpoint's content back, where anonymous memory would be zero. glibc's malloc, CPython
 *   and Go clear what they hand out as zeroed; jemalloc does not: processes that map libjemalloc are skipped. One that
 *   is linked statically is not seen: leave `anonymous` out of `kinds` for such a program.
 * - MADV_FREE fails with EINVAL, which its users take as "use MADV_DONTNEED".
 * - A write to a page copies 4 KiB, with huge pages too.
 * - A later checkpoint of the restored container leaves untouched pages out and needs this file again.
 * - An exported archive does not hold the file.
 * @throws Problem where the container cannot see the file, or the file is there already
 * @throws ImageError where the folder holds no checkpoint, or an image of it cannot be read
 */
export async function mapPages(folder: string, options: MapPagesOptions): Promise<MappedPages> {
  const { file, containerPath, move = false } = options
  const checkpoint = readCheckpoint(folder)
  const mount = mountFor(checkpoint, options)
  if (existsSync(file))
    throw new Problem(
      `${file} already exists, and restored containers may have it mapped: give another name, or remove ` +
        'it together with the checkpoint it belongs to.',
    )
  const { plans, result } = await planAll(checkpoint, options)
  if (!plans.length) return result
  await writeBeside(
    file,
    async handle => {
      await handle.truncate(plans.at(-1)!.plan.end)
      for (const { process, plan } of plans) await fill(handle, pagesFile(folder, process.pagemap.pagesId), plan, move)
      // It is a process's memory: nobody else's to read.
    },
    0o400,
  )
  try {
    await nameFile(checkpoint, plans, file, { path: containerPath, mount })
  } catch (error) {
    await rm(file, { force: true })
    throw error
  }
  for (const { process, plan } of plans) {
    // First the mappings, whose pages CRIU then reads into the mapped file's copies, which is right as well; then the
    // pages go.
    const mm = { ...process.mm, entries: [writeVmas(process.mm.entries[0]!, [...plan.vmas, ...process.guards])] }
    await replaceImage(join(folder, `mm-${process.pid}.img`), mm)
    await keepPages(folder, process, plan.runs, { move })
  }
  return result
}

/** What becomes of a process; `id`: the file's, in its own mappings. */
interface Planned {
  process: CheckpointedProcess
  id: number
  plan: MappingPlan
}

async function planAll(
  checkpoint: CheckpointImages,
  { minimumBytes = 128 << 10, kinds = ['anonymous', 'heap'] }: MapPagesOptions,
): Promise<{ plans: Planned[]; result: MappedPages }> {
  const result: MappedPages = { bytes: 0, left: 0, mapped: 0, mappings: 0, skipped: [] }
  const plans: Planned[] = []
  const firstId = freeFileId(checkpoint.files)
  for (const process of checkpoint.processes) {
    const present = presentPages(process.pagemap.runs)
    result.bytes += present * PAGE
    result.left += present * PAGE
    const reason = reasonToSkip(checkpoint, process)
    if (reason) result.skipped.push({ pid: process.pid, name: process.name, reason })
    if (reason || present * PAGE < minimumBytes) continue
    const zero = await findZeroPages(pagesFile(checkpoint.folder, process.pagemap.pagesId), present)
    // One id for each process: CRIU takes equal ranges of the same file in parent and child for memory they share.
    const id = firstId + plans.length
    const plan = planMapping(process, zero, { id, from: plans.at(-1)?.plan.end ?? 0 }, { minimumBytes, kinds })
    if (!plan.mappings) continue
    plans.push({ process, id, plan })
    result.left -= (present - presentPages(plan.runs)) * PAGE
    result.mapped += plan.mapped
    result.mappings += plan.mappings
  }
  return { plans, result }
}

/** Names the file in files.img, once for each process. */
async function nameFile(
  { folder, files }: CheckpointImages,
  plans: Planned[],
  file: string,
  inside: { path: string; mount: number | undefined },
): Promise<void> {
  const { size, mode } = await stat(file)
  const entry = regularFile(readRegularFiles(files)[0]!.message, { ...inside, size, mode })
  const more = plans.reduce((all, { id }) => addRegularFile(all, id, entry), files)
  await replaceImage(join(folder, 'files.img'), more)
}

/**
 * Small mappings are written some at a time: on a tmpfs with huge pages each takes whole ones until what it leaves
 * unused is freed.
 */
async function fill(
  handle: FileHandle,
  pages: string,
  { copies, small, runs }: MappingPlan,
  move: boolean,
): Promise<void> {
  if (move) {
    const left = runs.filter(({ at }) => at >= 0).map(run => ({ from: run.at * PAGE, bytes: run.pages * PAGE }))
    await freeOthers(pages, [...copies, ...small.flatMap(mapping => mapping.copies), ...left])
  }
  const atOnce = move ? AT_ONCE.moved : AT_ONCE.copied
  await copyInto(pages, handle, copies, { move })
  for (let done = 0; done < small.length; done += atOnce) {
    const some = small.slice(done, done + atOnce)
    const content = some.flatMap(mapping => mapping.copies)
    await copyInto(pages, handle, content, { move })
    for (const { start, end } of some.flatMap(mapping => mapping.unused)) punchHole(handle.fd, start, end - start)
  }
}

function mountFor({ folder, mounts }: CheckpointImages, { file, containerPath }: MapPagesOptions): number | undefined {
  // Without a mount namespace of its own the process sees the host's files.
  if (!mounts.length) return undefined
  const mount = containerMountOf(mounts, containerPath)
  if (!mount) {
    throw new Problem(
      `The checkpoint in ${folder} has no mount that contains ${containerPath}: start the container with ` +
        `--volume ${dirname(file)}:${dirname(containerPath)}:ro. Its mounts: ` +
        `${mounts.map(({ path }) => path).join(' ')}`,
    )
  }
  if (mount.noExec)
    throw new Problem(
      `${mount.path} is mounted noexec in the container, so the kernel refuses mprotect(PROT_EXEC) on what ` +
        `is mapped from it: mount ${dirname(file)} with exec.`,
    )
  return mount.id
}

function reasonToSkip({ files }: CheckpointImages, { vmas }: CheckpointedProcess): string | undefined {
  const mapped = new Set(vmas.map(vma => vma.file))
  const library = readRegularFiles(files).find(({ id, path }) => mapped.has(id) && EXPECTS_ZEROS.test(path))
  return library && `it maps ${library.path}, which takes pages for zeroed after MADV_DONTNEED`
}
