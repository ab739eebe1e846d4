import { stdout } from 'node:process'
import type { Reporter } from 'vitest/node'
import { readProgress } from '../fixtures/progress.ts'
import { withOutcomes } from '../fixtures/group.ts'
import { reportProblem } from '../helpers/problem.ts'
import { endingCode } from './exit-code.ts'
import { publishToGithub } from './github.ts'
import { type Progress, progressLine } from './progress.ts'
import { runFolder, writeWhole } from './run-folder.ts'
import { renderTable } from './table.ts'
import { readRun } from './trials.ts'
import { writeReport } from './write.ts'

const INTERVAL = 250
const CLEAR_LINE = '\r\u001B[K'

/** Shows a run while it goes on, writes its report at the end and says what the process ends with. */
export default class BenchReporter implements Reporter {
  readonly #folder: string
  #timer: NodeJS.Timeout | undefined
  #shown = ''
  #finished = false

  constructor({ folder }: { folder: string }) {
    this.#folder = folder
  }

  onInit(): void {
    this.#timer = setInterval(() => this.#show(), INTERVAL)
    // killed in mid-run: what was measured becomes a report all the same
    process.once('exit', code => this.#finish(code))
  }

  onTestRunEnd(): void {
    this.#finish()
  }

  #show(): void {
    const progress = readProgress(this.#folder)
    if (!progress) return
    if (stdout.isTTY) stdout.write(`${CLEAR_LINE}${progressLine(progress, Date.now() / 1000, (stdout.columns ?? 80) - 1)}`)
    else this.#sayPlainly(progress)
  }

  /** Without a terminal: a line for every trial, and for every scenario that is prepared. */
  #sayPlainly(progress: Progress): void {
    const step = `${progress.finished.length} ${progress.scenario}`
    if (step === this.#shown) return
    this.#shown = step
    stdout.write(`${progressLine(progress, Date.now() / 1000, Infinity)}\n`)
  }

  #finish(ending = Number(process.exitCode ?? 0)): void {
    if (this.#finished) return
    this.#finished = true
    clearInterval(this.#timer)
    if (stdout.isTTY) stdout.write(CLEAR_LINE)
    const files = runFolder(this.#folder)
    try {
      const run = readRun(files.run)
      writeWhole(files.run, `${JSON.stringify({ ...run, scenarios: withOutcomes(run.scenarios, this.#folder) }, undefined, 2)}\n`)
      const report = writeReport(this.#folder)
      stdout.write(renderTable(report, { columns: stdout.columns ?? 80, colour: stdout.isTTY && !process.env.NO_COLOR, path: files.html }))
      publishToGithub(report)
      process.exitCode = endingCode(report, ending)
    } catch (error) {
      const problem = reportProblem(error)
      process.exitCode = ending > 128 ? ending : problem
    }
  }
}
