import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { writeWhole } from './run-folder.ts'

/** Where a run stands while a trial runs. Times in seconds. */
const progressSchema = z.object({
  scenario: z.string(),
  /** Which trial of all that this run will do, from 1. */
  trial: z.number(),
  of: z.number(),
  /** What it does at the moment: a phase, or a step between trials such as "checkpoint". */
  phase: z.string().optional(),
  /** When this trial began, on the clock of `now`. */
  began: z.number(),
  /** Trials that ended, with all their seconds: what is not measured (clearing up, preparing) counts as well. */
  finished: z.array(z.object({ scenario: z.string(), seconds: z.number() })),
  /** Scenarios of the trials still to come, without this one. */
  ahead: z.array(z.string()),
})
export type Progress = z.infer<typeof progressSchema>

/**
 * Where the worker says what it does and the reporter reads it: times are Date.now() / 1000, two processes share them.
 */
const file = (folder: string) => join(folder, '.progress.json')

export function writeProgress(folder: string, progress: Progress): void {
  writeWhole(file(folder), JSON.stringify(progress))
}

/** Undefined before the first trial, and for a file that a crash damaged. */
export function readProgress(folder: string): Progress | undefined {
  try {
    return progressSchema.parse(JSON.parse(readFileSync(file(folder), 'utf8')))
  } catch {
    return undefined
  }
}
