import { closeSync, fstatSync, mkdirSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { redact } from '../core/redact.ts'

/**
 * Keeps a log for its owner alone, without what looks like a secret: a run's folder is what people pass on. Logs are
 * kept where there is room for them; none is ever the reason that a trial is lost, and none stays in part: it would
 * take the room that the trial's own line needs.
 */
export function keepLog(folder: string, name: string, text: string): void {
  const path = join(folder, name)
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    writeFileSync(path, redact(text), { mode: 0o600 })
  } catch {
    try {
      rmSync(path, { force: true })
    } catch {}
  }
}

/**
 * Bytes at the end of a log that are looked at and kept: CRIU can write gigabytes where it reads a page file that is
 * too short.
 */
const END_OF_LOG = 4 << 20

/** The end of a log, byte for byte; '' where there is none. */
export function endOf(path: string, bytes = END_OF_LOG): string {
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch {
    return ''
  }
  try {
    const { size } = fstatSync(fd)
    const buffer = Buffer.alloc(Math.min(size, bytes))
    readSync(fd, buffer, 0, buffer.length, size - buffer.length)
    return buffer.toString('latin1')
  } finally {
    closeSync(fd)
  }
}

/** Keeps a log of a tool's, or its end where it is longer than a log should be. */
export function keepEndOfLog(log: string, folder: string): void {
  const text = endOf(log)
  if (text) keepLog(folder, basename(log), text)
}
