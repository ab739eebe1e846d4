import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { z } from 'zod'

/** What set-up chose, kept as `STATE_DIR/NAME.json`, so that a run knows it without looking again. */

const RECORDS = [
  'criu',
  'criu-trials',
  'cuda-plugin',
  'durations',
  'engine-program',
  'model-hashes',
  'model-stand-in',
  'prober',
  'tmpfs',
] as const
type RecordName = (typeof RECORDS)[number] | `image-${string}`

/** Whether a file of STATE_DIR is a record, by its name. */
export function isRecord(file: string): boolean {
  const [, name = ''] = /^([\w-]+)\.json$/.exec(file) ?? []
  return RECORDS.some(known => known === name) || /^image-./.test(name)
}

/** The record, or undefined where there is none or it is damaged: then set-up makes it again. */
export function readRecord<T>(stateDir: string, name: RecordName, schema: z.ZodType<T>): T | undefined {
  try {
    return schema.parse(JSON.parse(readFileSync(join(stateDir, `${name}.json`), 'utf8')))
  } catch {
    return undefined
  }
}

export function writeRecord(stateDir: string, name: RecordName, value: unknown): void {
  const file = join(stateDir, `${name}.json`)
  const part = `${file}.part-${process.pid}`
  writeFileSync(part, `${JSON.stringify(value, null, 2)}\n`)
  renameSync(part, file)
}

export const hasRecord = (stateDir: string, name: RecordName): boolean => existsSync(join(stateDir, `${name}.json`))

export function removeRecord(stateDir: string, name: RecordName): void {
  rmSync(join(stateDir, `${name}.json`), { force: true })
}
