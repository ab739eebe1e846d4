import { stdout } from 'node:process'
import { engines } from '../../fixtures/engines/index.ts'
import { equipment } from '../../fixtures/run/equipment.ts'
import { type Forecast, forecast } from '../../fixtures/run/forecast.ts'
import { forecastTable } from '../../fixtures/run/forecast-table.ts'
import { openHistory } from '../../fixtures/run/history.ts'
import { testNamePattern } from '../../fixtures/run/plan.ts'
import { askedBenches } from '../../fixtures/run/preflight.ts'
import { readPlan } from '../../fixtures/run/read-plan.ts'
import { readResumed, samePlan } from '../../fixtures/run/resume.ts'
import { planRoom } from '../../fixtures/run/room-plan.ts'
import { checkEngine, withSkips } from '../../fixtures/run/skips.ts'
import { unmeasured } from '../../fixtures/run/unmeasured.ts'
import { type Configuration, configuration } from '../config/configuration.ts'
import { modelLabel } from '../config/model-label.ts'
import { parseWords, runCommand, withUsage } from '../core/command-line.ts'
import { EXIT } from '../core/problem.ts'
import { redact } from '../core/redact.ts'
import { tryRoot } from '../host/root.ts'
import { freeRoom } from '../setup/room.ts'
import { notReady } from '../setup/steps.ts'

const USAGE = `Usage: npm run plan -- [NAME ...] [-t PATTERN] [--json]

What npx vitest bench would do with the same names and variables: what runs, what is skipped and why, how long it
takes, and what it needs of memory and disk. Starts nothing and writes nothing.

  NAME        a file of bench/, or a part of its name; without one, those of the engine
  -t PATTERN  the scenarios whose names the regular expression fits
  --json      the same as JSON: times in seconds, room in bytes`

interface Options {
  words: string[]
  names?: RegExp | undefined
  json: boolean
}

/** What a run would be, and what this host lacks for it. */
interface Plan extends Forecast {
  engine: string
  model: string
  /** As the doctor says it. */
  not_ready: string[]
}

/** @throws Problem */
function parse(args: string[]): Options {
  const options = {
    json: { type: 'boolean', default: false },
    testNamePattern: { type: 'string', short: 't' },
  } as const
  return withUsage(USAGE, () => {
    const { values, positionals } = parseWords({ args, allowPositionals: true, options })
    return { words: positionals, names: testNamePattern(values.testNamePattern), json: values.json }
  })
}

async function main(args: string[]): Promise<number> {
  const options = parse(args)
  const refused = await tryRoot()
  const plan = await planOf(configuration(), options, refused !== undefined)
  console.log(options.json ? JSON.stringify(plan, undefined, 2) : describe(plan, stdout.columns || 100))
  return EXIT.ok
}

/** What is asked for is read and checked as for a run. @throws Problem */
async function planOf(c: Configuration, { words, names }: Options, isUser: boolean): Promise<Plan> {
  const files = await askedBenches(c, words, names)
  const resumed = c.resume === undefined ? undefined : readResumed(c)
  const read = await readPlan(files, c, names)
  const { asked, all } = resumed ? samePlan(read, resumed) : read
  const wrong = isUser ? [] : await notReady(c)
  const image = wrong.length > 0 || isUser ? { reference: '', id: '', environment: {} } : (await equipment(c)).image
  const context = { configuration: c, engine: engines[c.engine](c, image) }
  checkEngine(asked, all, context, c.scenarios)
  const room = freeRoom(c)
  const engine = { name: c.engine, model: redact(modelLabel(c)) }
  return {
    engine: engine.name,
    model: engine.model,
    not_ready: wrong.map(({ name, state, found }) => `${name} ${state}: ${found}`),
    ...forecast({
      groups: withSkips(
        asked,
        context,
        c.scenarios,
        group => planRoom(unmeasured(group, resumed), context, room).never,
      ),
      iterations: resumed?.run.iterations ?? c.iterations,
      context,
      room,
      known: openHistory(c.stateDir, { engine }).known,
      ...(resumed && { measured: resumed.measured }),
    }),
  }
}

function describe(plan: Plan, columns: number): string {
  return [
    `${plan.engine}, ${plan.model}, ${plan.iterations} trials for each scenario`,
    forecastTable(plan, columns),
    ...(plan.not_ready.length > 0 ? ['', 'this host is not ready for a run (npm run doctor):', ...plan.not_ready] : []),
  ].join('\n')
}

if (import.meta.main) await runCommand(USAGE, main)
