import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { now } from '../core/clock.ts'
import { space } from './mounts.ts'

const SIZE = 256 * 2 ** 20
const CHUNK = 4 * 2 ** 20

/**
 * What one thread can read from a folder into fresh memory, in bytes per second: the best of three, as CRIU reads its
 * pages.
 * Writes 256 MiB there for a moment; undefined where they do not fit.
 */
export function readBandwidth(folder: string): number | undefined {
  if (space(folder).free < SIZE + CHUNK) return undefined
  const path = join(folder, `.bandwidth.${process.pid}`)
  rmSync(path, { force: true })
  try {
    const out = openSync(path, 'wx', 0o600)
    const chunk = Buffer.alloc(CHUNK, 1)
    for (let at = 0; at < SIZE; at += CHUNK) writeSync(out, chunk)
    closeSync(out)
    return SIZE / Math.min(...Array.from({ length: 3 }, () => secondsToRead(path)))
  } finally {
    rmSync(path, { force: true })
  }
}

const LINES = 5000
const LINE = Buffer.from(`${'x'.repeat(71)}\n`)

/** What a line of a log costs in a folder, in seconds: a write of its own each, as CRIU does it; the best of three. */
export function lineTime(folder: string): number {
  const path = join(folder, `.lines.${process.pid}`)
  try {
    return Math.min(
      ...Array.from({ length: 3 }, () => {
        const out = openSync(path, 'w', 0o600)
        const began = now()
        for (let line = 0; line < LINES; line++) writeSync(out, LINE)
        const seconds = now() - began
        closeSync(out)
        return seconds / LINES
      }),
    )
  } finally {
    rmSync(path, { force: true })
  }
}

function secondsToRead(path: string): number {
  const fd = openSync(path, 'r')
  // fresh pages every time: filling them is part of what a restore does
  const target = Buffer.allocUnsafeSlow(SIZE)
  const began = now()
  for (let at = 0; at < SIZE; at += CHUNK) readSync(fd, target, at, CHUNK, at)
  const seconds = now() - began
  closeSync(fd)
  // given back at once: the collector would leave it until the run's end
  target.buffer.transfer(0)
  return seconds
}
