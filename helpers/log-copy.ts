import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { redact } from './redact.ts'

/**
 * Keeps a log for its owner alone, without what looks like a secret: a run's folder is what people pass on. Logs are kept
 * where there is room for them; none is ever the reason that a trial is lost, and none stays in part: it would take the room
 * that the trial's own line needs.
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
