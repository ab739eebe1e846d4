import { closeSync, constants, fstatSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import type { z } from 'zod'
import { Problem } from '../helpers/problem.ts'
import { writing } from '../helpers/unwritable.ts'
import { type Run, type Trial, runSchema, trialSchema } from './schema.ts'

/**
 * Appends a trial as one line and waits until it lies on the disk: a trial that was measured survives whatever comes next.
 * A line that cannot be written whole (no space left) is taken back.
 * @throws Unwritable naming the trial, which is lost then, with its TFFT
 */
export function appendTrial(path: string, trial: Trial): void {
  const line = Buffer.from(`${JSON.stringify(trialSchema.parse(trial))}\n`)
  const tfft = trial.total_cold_start_tfft
  const lost = `. Trial ${trial.trial} of ${trial.scenario} (${tfft === null ? 'failed' : `TFFT ${tfft.toFixed(2)} s`}) is lost, those before it are in the file.`
  writing(path, () => append(path, line), lost)
}

function append(path: string, line: Buffer): void {
  const file = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND, 0o600)
  const before = fstatSync(file).size
  try {
    for (let written = 0; written < line.length;) written += writeSync(file, line, written)
    fsyncSync(file)
  } catch (error) {
    ftruncateSync(file, before)
    throw error
  } finally {
    closeSync(file)
  }
}

export interface Trials {
  trials: Trial[]
  /** Said where the last line was torn, as a killed run leaves it. */
  notes: string[]
}

/**
 * Reads the lines of a trials file. A last line without its end that is no whole trial is dropped, and that is said.
 * @param name of the file, for errors
 * @throws Problem naming file and line for any other line that is no trial
 */
export function parseTrials(text: string, name: string): Trials {
  const lines = text.split('\n')
  const torn = lines.pop() ?? ''
  const trials = lines.map((line, index) => parseLine(line, `${name}:${index + 1}`))
  if (torn === '') return { trials, notes: [] }
  try {
    return { trials: [...trials, parseLine(torn, `${name}:${lines.length + 1}`)], notes: [] }
  } catch {
    return { trials, notes: [`${name}:${lines.length + 1} is torn (the run was cut off while it wrote it) and was left out`] }
  }
}

function parseLine(line: string, where: string): Trial {
  return checked(trialSchema, line, `${where} is no trial`)
}

/** @throws Problem where the file cannot be read, or as {@link parseTrials} */
export function readTrials(path: string): Trials {
  return parseTrials(read(path), path)
}

/** Reads run.json. @throws Problem naming the file and what is wrong in it */
export function readRun(path: string): Run {
  return checked(runSchema, read(path), `${path} is no run`)
}

/** Parses JSON and checks it. @throws Problem beginning with `what` */
export function checked<T extends z.ZodType>(schema: T, text: string, what: string): z.infer<T> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new Problem(`${what}: ${(error as Error).message}`)
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues.slice(0, 5).map(issue => `${issue.path.join('.') || 'the whole'}: ${issue.message}`)
  throw new Problem(`${what}: ${issues.join('; ')}`)
}

/** @throws Problem naming the file and what to do */
export function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new Problem(code === 'ENOENT' ? `${path} does not exist; name the folder of a run, such as results/latest` : `${path} cannot be read: ${message}`)
  }
}
