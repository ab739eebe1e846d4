import { type CheckpointedProcess, pagesFile, readCheckpoint } from './checkpoint.ts'
import { isPrivateAnonymous, PAGE, vmaAt } from './memory-map.ts'
import { findZeroPages, type Moving } from './page-file.ts'
import { cutAt, type PageRun, presentPages, slicePages } from './pagemap.ts'
import { keepPages } from './replace.ts'

/** Shorter runs of zero pages stay: each run that goes cuts one run of pages, and one read, into two. */
const SHORTEST_ZERO_RUN = 16

export interface Dropped {
  /** Bytes of pages before, and those that were dropped. */
  bytes: number
  dropped: number
}

/**
 * Leaves out the zero pages of private anonymous memory: fresh anonymous memory is zero anyway, so CRIU need not read
 * them. Works in place; at every moment the folder restores, unless pages move. Seen to restore vLLM and llama-server
 * correctly.
 * @throws ImageError where the folder holds no checkpoint, or an image of it cannot be read
 */
export async function dropZeroPages(folder: string, moving: Moving = {}): Promise<Dropped> {
  const total = { bytes: 0, dropped: 0 }
  for (const process of readCheckpoint(folder).processes) {
    const present = presentPages(process.pagemap.runs)
    total.bytes += present * PAGE
    if (present < SHORTEST_ZERO_RUN) continue
    const runs = withoutZeros(process, await findZeroPages(pagesFile(folder, process.pagemap.pagesId), present))
    const dropped = present - presentPages(runs)
    if (!dropped) continue
    await keepPages(folder, process, runs, moving)
    total.dropped += dropped * PAGE
  }
  return total
}

/** The runs of pages that stay. @param zero a byte for each page in the file of pages, 1 for a zero page */
function withoutZeros({ vmas, pagemap }: Pick<CheckpointedProcess, 'vmas' | 'pagemap'>, zero: Uint8Array): PageRun[] {
  return cutAt(
    pagemap.runs,
    address => vmaAt(vmas, address),
    index => vmas[index]!.end,
  ).flatMap(({ run, index }) => {
    const vma = vmas[index]
    // What a file lies under shows the file where a page is missing, not zeros.
    return run.at >= 0 && vma && isPrivateAnonymous(vma) ? nonzero(run, zero) : [run]
  })
}

function nonzero(run: PageRun, zero: Uint8Array): PageRun[] {
  const kept: PageRun[] = []
  let first = 0
  for (let page = 0; page < run.pages; page++) {
    if (!zero[run.at + page]) continue
    let end = page
    while (end < run.pages && zero[run.at + end]) end++
    if (end - page >= SHORTEST_ZERO_RUN) {
      if (page > first) kept.push(slicePages(run, first, page - first))
      first = end
    }
    page = end
  }
  if (run.pages > first) kept.push(slicePages(run, first, run.pages - first))
  return kept
}
