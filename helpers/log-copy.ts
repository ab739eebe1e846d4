import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { redact } from './redact.ts'

/** Keeps a log for its owner alone, without what looks like a secret: a run's folder is what people pass on. */
export function keepLog(folder: string, name: string, text: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeFileSync(join(folder, name), redact(text), { mode: 0o600 })
}
