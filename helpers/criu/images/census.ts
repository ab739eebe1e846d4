import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Census } from './census-schema.ts'
import { type CheckpointedProcess, pagesFile, readCheckpoint } from './checkpoint.ts'
import { readImage } from './image-file.ts'
import { kindOf, MEMORY_KINDS } from './kind.ts'
import { PAGE, vmaAt } from './memory-map.ts'
import { findZeroPages } from './page-file.ts'
import { cutAt, type PageRun, presentPages, readPagemap } from './pagemap.ts'
import { readRegularFiles } from './regular-files.ts'

type ProcessCensus = Census['processes'][number]

/**
 * Counts what a checkpoint's pages are, and how many of them are zero. Reads every page, none for long.
 * @param folder CRIU's images
 * @param largest how many mappings of each process are named
 * @throws ImageError where the folder holds no checkpoint, or an image of it cannot be read
 */
export async function census(folder: string, { largest = 10 }: { largest?: number } = {}): Promise<Census> {
  const checkpoint = readCheckpoint(folder)
  const paths = new Map(readRegularFiles(checkpoint.files).map(({ id, path }) => [id, path]))
  const processes: ProcessCensus[] = []
  for (const process of checkpoint.processes) {
    const zero = await findZeroPages(pagesFile(folder, process.pagemap.pagesId), presentPages(process.pagemap.runs))
    processes.push(censusOf(process, paths, zero, largest))
  }
  const shared: Census['shared'] = []
  for (const name of readdirSync(folder)) {
    const id = /^pagemap-shmem-(\d+)\.img$/.exec(name)?.[1]
    if (!id) continue
    const { pagesId, runs } = readPagemap(readImage(join(folder, name), 'pagemap'))
    const zero = await findZeroPages(pagesFile(folder, pagesId), presentPages(runs))
    shared.push({ id, bytes: zero.length * PAGE, zeroBytes: count(zero) * PAGE })
  }
  return { schema: 'criu-gpu-bench/census@1', folder, ...sum([...processes, ...shared]), processes, shared }
}

/** One process's part. @param zero a byte for each page in its file of pages, 1 for a zero page */
export function censusOf(
  process: Omit<CheckpointedProcess, 'mm' | 'pagemapImage'>,
  paths: ReadonlyMap<number, string>,
  zero: Uint8Array,
  largest: number,
): ProcessCensus {
  const {
    pid,
    parent,
    name,
    vmas,
    stacks,
    pagemap: { runs },
  } = process
  const pieces = Map.groupBy(
    cutAt(
      runs,
      address => vmaAt(vmas, address),
      index => vmas[index]!.end,
    ),
    ({ index }) => index,
  )
  const mappings = vmas
    .map((vma, index) => {
      const path = vma.file ? paths.get(vma.file) : undefined
      const dumped = (pieces.get(index) ?? []).map(({ run }) => dumpedBytes(run, zero))
      return {
        start: vma.start.toString(16),
        end: vma.end.toString(16),
        kind: kindOf(vma, path, stacks),
        ...(path && { path }),
        size: vma.end - vma.start,
        ...sum(dumped),
      }
    })
    .filter(({ bytes }) => bytes)
  const kinds = MEMORY_KINDS.map(kind => {
    const own = mappings.filter(mapping => mapping.kind === kind)
    return { kind, mappings: own.length, ...sum(own) }
  }).filter(({ bytes }) => bytes)
  const files = [
    ...Map.groupBy(
      mappings.filter(({ path }) => path),
      ({ path }) => path!,
    ),
  ].map(([path, own]) => ({ path, ...sum(own) }))
  return {
    pid,
    parent,
    name,
    mappings: vmas.length,
    ...sum(mappings),
    kinds: kinds.toSorted(byBytes),
    files: files.toSorted(byBytes),
    largest: mappings.toSorted(byBytes).slice(0, largest),
  }
}

interface Dumped {
  bytes: number
  zeroBytes: number
}

const dumpedBytes = ({ at, pages }: PageRun, zero: Uint8Array): Dumped =>
  at < 0 ? { bytes: 0, zeroBytes: 0 } : { bytes: pages * PAGE, zeroBytes: count(zero.subarray(at, at + pages)) * PAGE }

const count = (flags: Uint8Array): number => flags.reduce((sum, flag) => sum + flag, 0)

const sum = (parts: readonly Dumped[]): Dumped => ({
  bytes: parts.reduce((total, { bytes }) => total + bytes, 0),
  zeroBytes: parts.reduce((total, { zeroBytes }) => total + zeroBytes, 0),
})

const byBytes = (one: Dumped, other: Dumped): number => other.bytes - one.bytes
