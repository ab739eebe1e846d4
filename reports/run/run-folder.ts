import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { ELSEWHERE, writing } from '../../helpers/core/unwritable.ts'

/**
 * Where the files of a run lie that are read again; reports/render/formats.ts has those that are made from the report.
 */
export interface RunFolder {
  path: string
  run: string
  trials: string
  report: string
  vitest: string
  logs: string
}

/** The files of a run folder, there or not. */
export function runFolder(path: string): RunFolder {
  return {
    path,
    run: join(path, 'run.json'),
    trials: join(path, 'trials.jsonl'),
    report: join(path, 'report.json'),
    vitest: join(path, 'vitest.json'),
    logs: join(path, 'logs'),
  }
}

/** The name of a run's folder: its begin, in characters that every file system takes, such as 2026-11-24T03-31-19Z. */
export function runName(timestamp: string): string {
  return timestamp.replace(/\.\d+/, '').replaceAll(':', '-')
}

/** Asked before anything is done for a run. @throws Unwritable where no folder of a run can be made in `results` */
export function checkWritable(results: string): void {
  let there = resolve(results)
  while (!existsSync(there)) there = dirname(there)
  writing(results, () => accessSync(there, constants.W_OK), ELSEWHERE)
}

/**
 * Makes the folder of a new run, which only its owner can read (logs may hold what a server said), and points `latest`
 * to it.
 * @param results the folder of all runs
 * @param timestamp the run's begin, ISO 8601
 * @throws Unwritable where the system refuses
 */
export function createRunFolder(results: string, timestamp: string): RunFolder {
  return writing(
    results,
    () => {
      mkdirSync(results, { recursive: true })
      const path = claim(join(results, runName(timestamp)))
      mkdirSync(join(path, 'logs'), { mode: 0o700 })
      pointTo(join(results, 'latest'), basename(path))
      return runFolder(path)
    },
    ELSEWHERE,
  )
}

/** The run that a path leads to now: `results/latest` leads to another one as soon as its folder is made. */
export const withoutLinks = (path: string): string => (existsSync(path) ? realpathSync(path) : path)

/** Points `latest` beside a run's folder to it. @throws Unwritable where the system refuses */
export const pointLatest = (path: string): void =>
  writing(dirname(path), () => pointTo(join(dirname(path), 'latest'), basename(path)), ELSEWHERE)

/** Two runs may begin in the same second. */
function claim(wanted: string): string {
  for (let attempt = 1; ; attempt++) {
    const path = attempt === 1 ? wanted : `${wanted}.${attempt}`
    try {
      mkdirSync(path, { mode: 0o700 })
      return path
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || attempt === 100) throw error
    }
  }
}

/**
 * A relative link, so that the results can be moved; replaced in one step, so that `latest` always points somewhere.
 */
function pointTo(link: string, target: string): void {
  const next = `${link}.${process.pid}`
  rmSync(next, { force: true })
  symlinkSync(target, next)
  renameSync(next, link)
}

/**
 * Writes a file whole or not at all, for its owner only. @throws Unwritable where the system refuses;
 * what stood there stays
 */
export function writeWhole(path: string, text: string, more?: string): void {
  const next = join(dirname(path), `.${basename(path)}.${process.pid}`)
  writing(
    path,
    () => {
      try {
        writeFileSync(next, text, { mode: 0o600 })
        chmodSync(next, 0o600)
        renameSync(next, path)
      } catch (error) {
        rmSync(next, { force: true })
        throw error
      }
    },
    more,
  )
}
