import type { ImageFile } from './image-file.ts'
import { PAGE } from './memory-map.ts'
import type { Message } from './message.ts'
import { ImageError } from './wire.ts'

/**
 * Which pages were dumped, as pagemap-PID.img has it: a head that names the file of pages, then runs of pages. The
 * pages of the runs that are present stand in pages-ID.img one after another, nothing else does. Sources:
 * images/pagemap.proto, criu/pagemap.c (init_compat_pagemap_entry), criu/include/pagemap.h (flags).
 */
export interface PageRun {
  address: number
  pages: number
  /** Index of the first page in the file of pages; -1 where the file has none of them (they are in a parent image). */
  at: number
  message: Message
}

export interface Pagemap {
  /** pages-ID.img. */
  pagesId: number
  runs: PageRun[]
}

const HEAD_PAGES_ID = 1
const FIELD = { address: 1, compatiblePages: 2, inParent: 3, flags: 4, pages: 5 } as const
const PRESENT = 1 << 2

export function readPagemap({ entries: [head, ...entries] }: ImageFile): Pagemap {
  if (!head) throw new ImageError('a pagemap without a head')
  let at = 0
  const runs = entries.map((message): PageRun => {
    const pages = message.number(FIELD.pages, 0) || message.number(FIELD.compatiblePages)
    const present = message.has(FIELD.flags)
      ? Boolean(message.number(FIELD.flags) & PRESENT)
      : !message.number(FIELD.inParent, 0)
    const address = message.number(FIELD.address)
    if (address % PAGE !== 0 || !Number.isSafeInteger(address + pages * PAGE))
      throw new ImageError(`a run of ${pages} pages at ${address.toString(16)}`)
    const run = { address, pages, at: present ? at : -1, message }
    if (present) at += pages
    return run
  })
  return { pagesId: head.number(HEAD_PAGES_ID), runs }
}

/** The image with these runs and the name of their file of pages. */
export function writePagemap({ head: frame, entries: [head] }: ImageFile, { pagesId, runs }: Pagemap): ImageFile {
  return { head: frame, entries: [head!.with(HEAD_PAGES_ID, pagesId), ...runs.map(run => run.message)] }
}

/** A part of a run, from its page `first` on. */
export function slicePages(run: PageRun, first: number, pages: number): PageRun {
  if (first === 0 && pages === run.pages) return run
  const address = run.address + first * PAGE
  const counted = run.message.has(FIELD.pages)
    ? run.message.with(FIELD.pages, pages)
    : run.message.with(FIELD.compatiblePages, pages)
  return { address, pages, at: run.at < 0 ? -1 : run.at + first, message: counted.with(FIELD.address, address) }
}

/** Pages that the file of pages holds. */
export const presentPages = (runs: readonly PageRun[]): number =>
  runs.reduce((sum, run) => sum + (run.at < 0 ? 0 : run.pages), 0)

/** Cuts runs where mappings begin or end, so that each piece lies in one mapping (or, with index -1, in none). */
export function cutAt(
  runs: readonly PageRun[],
  indexOf: (address: number) => number,
  endOf: (index: number) => number,
): { run: PageRun; index: number }[] {
  const pieces: { run: PageRun; index: number }[] = []
  for (const run of runs) {
    for (let first = 0; first < run.pages; ) {
      const index = indexOf(run.address + first * PAGE)
      const left = run.pages - first
      const pages = index < 0 ? left : Math.min(left, (endOf(index) - run.address) / PAGE - first)
      pieces.push({ run: slicePages(run, first, pages), index })
      first += pages
    }
  }
  return pieces
}
