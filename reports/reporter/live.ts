import { existsSync } from 'node:fs'
import { stdout } from 'node:process'
import { finishedLine, type Look, liveRegion, opening, skippedLine } from '../render/live.ts'
import { paint } from '../render/text.ts'
import { halfTime, type Known, secondsLeft, typicalSeconds } from '../run/estimate.ts'
import { follow, type Progress, readEvents, trialsOf } from '../run/progress.ts'
import { runFolder } from '../run/run-folder.ts'
import type { Run } from '../run/schema.ts'
import { type Step, stepsOf } from '../run/steps.ts'
import { readRun, readTrials } from '../run/trials.ts'
import { LiveRegion } from './live-region.ts'

const INTERVAL = 250

/** How long the steps of runs like this one took on this host. */
export interface History {
  known: Known
  /** Keeps what a run took for later ones. */
  keep(seen: Known): void
}

/** Follows a run's folder and shows it: a live region in a terminal, otherwise a line for each step that has ended. */
export class Live {
  readonly #folder: string
  readonly #history: History
  readonly #batches: Record<string, number>
  readonly #region = new LiveRegion(text => void stdout.write(text))
  readonly #isTerminal = Boolean(stdout.isTTY) && process.env.TERM !== 'dumb'
  #timer: NodeJS.Timeout | undefined
  #plan: Step[] = []
  /** Trials that an interrupted run had measured. */
  #before = 0
  #name = 0
  /** How many finished steps were shown. */
  #shown = 0
  #started = false

  /** @param batches in which what a group lacks is to be measured, by its name */
  constructor(folder: string, history: History, batches: Record<string, number>) {
    this.#folder = folder
    this.#history = history
    this.#batches = batches
  }

  /** Says what is about to be done. */
  start(): void {
    const run = readRun(runFolder(this.#folder).run)
    const { trials } = runFolder(this.#folder)
    const measured = existsSync(trials) ? readTrials(trials).trials : []
    this.#plan = stepsOf(run, measured, this.#batches)
    this.#before = measured.length
    const missing = this.#plan.filter(({ kind }) => kind === 'trial').length
    const names = [...new Set(this.#plan.flatMap(({ scenario }) => scenario ?? []))]
    this.#name = Math.max(0, ...names.map(name => name.length))
    const left = secondsLeft(follow([], this.#plan), this.#history.known, 0)
    const skipped = run.scenarios.filter(scenario => scenario.skipped !== undefined)
    this.#region.draw([...skipped.map(one => skippedLine(one, this.#look())), opening(names.length, missing, left)], [])
    this.#started = true
    this.#timer = setInterval(() => this.#show(), INTERVAL)
  }

  /** Shows the last steps and takes the live region away. */
  end(): Pick<Run, 'half_time'> {
    clearInterval(this.#timer)
    if (!this.#started) return {}
    const events = readEvents(this.#folder)
    const progress = follow(events, this.#plan)
    this.#region.draw([...this.#linesOf(progress), ''], [])
    const half = halfTime(events, this.#plan, this.#history.known)
    this.#history.keep(typicalSeconds(progress.finished))
    return half ? { half_time: half } : {}
  }

  #look = (): Look => ({
    // the last column stays free: some terminals would begin a new line after it
    columns: this.#isTerminal ? (stdout.columns || 80) - 1 : Infinity,
    ink: paint(this.#isTerminal && !process.env.NO_COLOR),
  })

  #show(): void {
    const progress = follow(readEvents(this.#folder), this.#plan)
    const now = Date.now() / 1000
    const lines = this.#linesOf(progress)
    if (!this.#isTerminal) return this.#region.draw(lines, [])
    const left = secondsLeft(progress, this.#history.known, now)
    const of = this.#before + trialsOf(progress)
    this.#region.draw(lines, liveRegion(progress, { before: this.#before, of, left, now }, this.#look()))
  }

  /** Lines of the steps that have ended since the last call. */
  #linesOf(progress: Progress): string[] {
    const { finished } = progress
    const of = this.#before + trialsOf(progress)
    const before = this.#shown
    this.#shown = finished.length
    let number = this.#before + finished.slice(0, before).filter(({ step }) => step.kind === 'trial').length
    return finished.slice(before).flatMap(one => {
      if (one.step.kind === 'trial') number++
      return finishedLine(one, { number, of, name: this.#name }, this.#look()) ?? []
    })
  }
}
