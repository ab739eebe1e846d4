import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
  writeSync,
} from 'node:fs'
import type { z } from 'zod'
import { Problem } from '../../helpers/core/problem.ts'
import { writing } from '../../helpers/core/unwritable.ts'
import { lineOf } from './json-line.ts'
import { writeWhole } from './run-folder.ts'
import { type Run, runSchema, type Trial, trialSchema } from './schema.ts'

/**
 * Appends a trial as one line and waits until it lies on the disk: a trial that was measured survives whatever comes
 * next.
 * A line that cannot be written whole (no space left) is taken back; after one that a killed process left torn a new
 * one begins.
 * @throws Unwritable naming the trial, which is lost then, with its TFFT
 */
export function appendTrial(path: string, trial: Trial): void {
  const text = `${JSON.stringify(trialSchema.parse(trial))}\n`
  const tfft = trial.total_cold_start_tfft
  const lost =
    `. Trial ${trial.trial} of ${trial.scenario} (${tfft === null ? 'failed' : `TFFT ${tfft.toFixed(2)} s`}) is ` +
    'lost, those before it are in the file.'
  writing(path, () => append(path, text), lost)
}

/**
 * Puts a trial that says more in place of the last one; a crash leaves the one or the other.
 * @throws Unwritable where the system refuses
 */
export function replaceLastTrial(path: string, trial: Trial): void {
  const text = readFileSync(path, 'utf8').trimEnd()
  const earlier = text.slice(0, text.lastIndexOf('\n') + 1)
  writeWhole(path, `${earlier}${JSON.stringify(trialSchema.parse(trial))}\n`, '. The trial is kept without its load.')
}

function append(path: string, text: string): void {
  const file = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_APPEND, 0o600)
  const before = fstatSync(file).size
  try {
    const line = Buffer.from(endsTorn(file, before) ? `\n${text}` : text)
    for (let written = 0; written < line.length; ) written += writeSync(file, line, written)
    fsyncSync(file)
  } catch (error) {
    ftruncateSync(file, before)
    throw error
  } finally {
    closeSync(file)
  }
}

function endsTorn(file: number, size: number): boolean {
  const last = Buffer.alloc(1)
  return size > 0 && readSync(file, last, 0, 1, size - 1) === 1 && last.toString() !== '\n'
}

export interface Trials {
  trials: Trial[]
  /** Said where a line was torn, as a killed run leaves its last one. */
  notes: string[]
}

/**
 * Reads the lines of a trials file. Text that is no JSON was cut off while it was written, or lost to a crash of the
 * host:
 * it is left out, and that is said; every whole line counts, wherever it stands.
 * @param name of the file, for errors
 * @throws Problem naming file and line for JSON that is no trial (it was changed, or another version wrote it), and
 *   both lines where one trial stands twice
 */
export function parseTrials(text: string, name: string): Trials {
  const all = text
    .split('\n')
    .map((line, index) => ({ line, where: `${name}:${index + 1}` }))
    .filter(({ line }) => line.trim() !== '')
  const torn = all.filter(({ line }) => !isJson(line))
  const read = all
    .filter(one => !torn.includes(one))
    .map(({ line, where }) => ({ where, trial: checked(trialSchema, line, `${where} is not a trial`) }))
  checkOnce(read)
  return {
    trials: read.map(({ trial }) => trial),
    notes: torn.map(({ where }) => `${where} is torn (the run was cut off while writing it) and was left out`),
  }
}

const TWICE = "A run writes each trial once. Delete the extra line, or use the run's own file."

/** A trial that counts twice would make a median surer than it is. */
function checkOnce(read: { trial: Trial; where: string }[]): void {
  const seen = new Map<string, string>()
  for (const {
    trial: { group, scenario, trial, sequence },
    where,
  } of read) {
    const names = [
      `trial ${trial} of ${scenario} in the group ${group}`,
      `number ${sequence} in the order of the group ${group}`,
    ]
    for (const name of names) {
      const first = seen.get(name)
      if (first) throw new Problem(`${first} and ${where} are both ${name}\n${TWICE}`)
      seen.set(name, where)
    }
  }
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line)
    return true
  } catch {
    return false
  }
}

/** @throws Problem where the file cannot be read, or as {@link parseTrials} */
export function readTrials(path: string): Trials {
  return parseTrials(read(path), path)
}

/** Reads run.json. @throws Problem naming the file and what is wrong in it */
export function readRun(path: string): Run {
  return checked(runSchema, read(path), `${path} is not a run`)
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
  // of a text of one line the caller says which one it is
  const where = (path: PropertyKey[]) => (text.includes('\n') ? ` (line ${lineOf(text, path)})` : '')
  const issues = parsed.error.issues
    .slice(0, 5)
    .map(({ path, message }) => `${path.join('.') || 'the whole'}: ${message}${where(path)}`)
  throw new Problem(`${what}: ${issues.join('; ')}`)
}

export const noRunAt = (path: string): string =>
  `${path} does not exist; name the folder of a run, such as results/latest`

/** @throws Problem naming the file and what to do */
export function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new Problem(
      // ENOTDIR: a file of the run was named, such as its report.html
      code === 'ENOENT' || code === 'ENOTDIR' ? noRunAt(path) : `${path} cannot be read: ${message}`,
    )
  }
}
