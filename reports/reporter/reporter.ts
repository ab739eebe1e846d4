import { basename, join } from 'node:path'
import { stdout } from 'node:process'
import type { Reporter, TestCase, TestSpecification, Vitest } from 'vitest/node'
import { reportProblem } from '../../helpers/core/problem.ts'
import { Unwritable } from '../../helpers/core/unwritable.ts'
import { quote } from '../../helpers/host/command.ts'
import { endingCode } from '../analysis/exit-code.ts'
import { publishToGithub } from '../render/github.ts'
import { page } from '../render/html/page.ts'
import { renderTable } from '../render/table.ts'
import { writeReportIfRoom } from '../render/write.ts'
import { withOutcomes } from '../run/outcomes.ts'
import { runFolder, writeWhole } from '../run/run-folder.ts'
import type { Run } from '../run/schema.ts'
import { readRun } from '../run/trials.ts'
import { type History, Live } from './live.ts'

/** Shows a run while it goes on, writes its report at the end and says what the process ends with. */
export default class BenchReporter implements Reporter {
  readonly #folder: string
  readonly #live: Live
  /** What the process ends with, once the run is over. */
  #code: number | undefined
  #vitest: Vitest | undefined
  /** What a worker could not write. */
  #lost: string | undefined

  constructor({ folder, history, batches }: { folder: string; history: History; batches: Record<string, number> }) {
    this.#folder = folder
    this.#live = new Live(folder, history, batches)
    // killed in mid-run: what was measured becomes a report all the same; so does a run that vitest never began
    process.once('exit', code => this.#end(code))
  }

  onInit(vitest: Vitest): void {
    this.#vitest = vitest
  }

  /** Bench files that vitest leaves out, as by --shard or --exclude, were not asked for. */
  onTestRunStart(specifications: readonly Pick<TestSpecification, 'moduleId'>[]): void {
    keepGroups(
      this.#folder,
      specifications.map(({ moduleId }) => basename(moduleId, '.bench.ts')),
    )
    this.#live.start()
  }

  /** What can no longer be kept must not be measured. */
  onTestCaseResult(test: TestCase): void {
    if (this.#lost !== undefined) return
    this.#lost = test.result().errors?.find(({ name }) => name === Unwritable.name)?.message
    if (this.#lost !== undefined) void this.#vitest?.cancelCurrentRun('test-failure')
  }

  onTestRunEnd(): void {
    this.#finish()
  }

  /** Vitest may have set another exit code since: the report's goes before it. */
  #end(ending: number): void {
    this.#finish(ending)
    process.exitCode = ending > 128 ? ending : this.#code || ending
  }

  #finish(ending = Number(process.exitCode ?? 0)): void {
    if (this.#code !== undefined) return
    try {
      keepOutcomes(this.#folder, this.#live.end())
      const { report, unwritten } = writeReportIfRoom(this.#folder)
      stdout.write(
        renderTable(report, {
          columns: stdout.columns || 80,
          colour: stdout.isTTY && !process.env.NO_COLOR,
          ...(!unwritten && { path: join(this.#folder, page.file) }),
        }),
      )
      const lost = this.#lost ?? unwritten?.message
      if (lost !== undefined)
        throw new Unwritable(`${lost}\nThen make its report: npm run report -- ${quote([this.#folder])}`)
      publishToGithub(report)
      this.#code = endingCode(report, ending)
    } catch (error) {
      const problem = reportProblem(error)
      this.#code = ending > 128 ? ending : problem
    }
    process.exitCode = this.#code
  }
}

/**
 * What workers noted and how good the time left was goes into run.json, from which the report is made; where there is
 * no room the notes stay beside it.
 */
function keepOutcomes(folder: string, more: Partial<Run>): void {
  const { run: path } = runFolder(folder)
  const run = readRun(path)
  const whole: Run = { ...run, ...more, scenarios: withOutcomes(run.scenarios, folder) }
  try {
    writeWhole(path, `${JSON.stringify(whole, undefined, 2)}\n`)
  } catch (error) {
    if (!(error instanceof Unwritable)) throw error
  }
}

/** run.json without the scenarios of other groups; as it is where these are none of its groups. */
function keepGroups(folder: string, groups: string[]): void {
  const { run: path } = runFolder(folder)
  const run = readRun(path)
  const scenarios = run.scenarios.filter(({ group }) => groups.includes(group))
  if (scenarios.length === 0 || scenarios.length === run.scenarios.length) return
  writeWhole(path, `${JSON.stringify({ ...run, scenarios }, undefined, 2)}\n`)
}
