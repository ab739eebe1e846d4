import { availableParallelism } from 'node:os'
import { configDefaults, defineConfig, type ViteUserConfig } from 'vitest/config'
import { BaseSequencer, createCLI, type TestSpecification } from 'vitest/node'
import type { Prepared } from './fixtures/run/prepared.ts'

type TestOptions = NonNullable<ViteUserConfig['test']>

/** Loads a module as Node does: vite would put a copy of it into this file's bundle. */
const load = (path: string) => import(new URL(path, import.meta.url).href)

const shared: TestOptions = {
  watch: false,
  fileParallelism: false,
  include: ['{fixtures,helpers,reports}/**/*.test.ts'],
  benchmark: { include: [] },
  testTimeout: 30_000,
  hookTimeout: 60_000,
  // a second, vitest's own, is short on a loaded host
  expect: { poll: { timeout: 20_000 } },
}

/**
 * Faults and whole runs, about half an hour of them on two busy cores: part of `npm run test:all`, and of any run that
 * names its files. What `npm test` runs stays well under a quarter of an hour on two cores.
 */
const LONG = [
  'fixtures/testing/faults/{checkpoint,gpu,results-folder,server,set-up,signals,tools}.e2e.test.ts',
  'fixtures/testing/{exit-codes,plan,resume,sweep,vitest-options}.e2e.test.ts',
  'fixtures/testing/soak/soak.e2e.test.ts',
  'fixtures/run/room.e2e.test.ts',
  'fixtures/by-hand/by-hand-vllm.e2e.test.ts',
  'fixtures/strategies/{clones-vllm,swap-beside,swap-vllm}.e2e.test.ts',
  'helpers/commands/fleet/slurm.e2e.test.ts',
  'helpers/recipe/{recipe,recipe-vllm}.e2e.test.ts',
]

/** Files that go side by side: the longest begin first, and those are end-to-end ones. */
class EndToEndFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const { true: first = [], false: then = [] } = Object.groupBy(await super.sort(files), ({ moduleId }) =>
      String(moduleId.endsWith('.e2e.test.ts')),
    )
    return [...first, ...then]
  }
}

/** The same order in every run: vitest's own puts what failed or took long first. */
class PathOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.toSorted((a, b) => a.moduleId.localeCompare(b.moduleId))
  }
}

/** Vitest raises shorter ones to a minute; what a trial waits for has limits of its own. */
const A_DAY = 86_400_000

export default defineConfig(async () => {
  const { command, words, names } = asked()
  if (command === 'bench') return bench(words, names)
  if (command === 'list') return list()
  const all = process.env.TEST_ALL === '1' || words.length > 0
  return {
    test: {
      ...shared,
      globalSetup: 'fixtures/testing/test-setup.ts',
      // an end-to-end file in the second has folders of its own on the host
      setupFiles: 'fixtures/testing/worker-setup.ts',
      fileParallelism: true,
      maxWorkers: Math.min(2, availableParallelism()),
      sequence: { sequencer: EndToEndFirst },
      exclude: [...configDefaults.exclude, ...(all ? [] : LONG)],
    },
  }
})

/**
 * What the command line says, read by vitest's own parser: in `vitest --reporter dot bench cold` one word names a file.
 */
function asked(): { command: string | undefined; words: string[]; names: string | undefined } {
  const cli = createCLI()
  const { args, options } = cli.parse(process.argv, { run: false })
  const names = options.testNamePattern as unknown
  return {
    command: cli.matchedCommandName,
    words: [...args],
    names: names === undefined ? undefined : String(names),
  }
}

/** `npx vitest list`: the scenarios of all bench files too. */
async function list(): Promise<ViteUserConfig> {
  const { readGroups } = (await load('fixtures/run/bench-files.ts')) as typeof import('./fixtures/run/bench-files.ts')
  const { reportProblem } = (await load('helpers/core/problem.ts')) as typeof import('./helpers/core/problem.ts')
  const { planPlugin, listedTests } = (await load(
    'fixtures/run/gate-plugin.ts',
  )) as typeof import('./fixtures/run/gate-plugin.ts')
  try {
    const groups = new Map((await readGroups()).map(group => [group.name, group]))
    const include = [...shared.include!, 'bench/*.bench.ts']
    return { plugins: [planPlugin(name => listedTests(groups.get(name)!))], test: { ...shared, include } }
  } catch (error) {
    process.exit(reportProblem(error))
  }
}

/** `npx vitest bench [name ...]`: everything that can be wrong ends here, with exit code 2. */
async function bench(words: string[], names: string | undefined): Promise<ViteUserConfig> {
  const { preflight, askedBenches } = (await load(
    'fixtures/run/preflight.ts',
  )) as typeof import('./fixtures/run/preflight.ts')
  const { configuration } = (await load(
    'helpers/config/configuration.ts',
  )) as typeof import('./helpers/config/configuration.ts')
  const { reportProblem } = (await load('helpers/core/problem.ts')) as typeof import('./helpers/core/problem.ts')
  const { gatePlugin, ownReporters, planPlugin } = (await load(
    'fixtures/run/gate-plugin.ts',
  )) as typeof import('./fixtures/run/gate-plugin.ts')
  const { openHistory } = (await load('fixtures/run/history.ts')) as typeof import('./fixtures/run/history.ts')
  const { testNamePattern } = (await load('fixtures/run/plan.ts')) as typeof import('./fixtures/run/plan.ts')
  let prepared: Prepared
  let files: string[]
  try {
    const c = configuration()
    const pattern = testNamePattern(names)
    files = await askedBenches(c, words, pattern)
    prepared = await preflight(files, pattern)
  } catch (error) {
    process.exit(reportProblem(error))
  }
  const history = openHistory(prepared.configuration.stateDir, prepared.run)
  const options: TestOptions = {
    ...shared,
    provide: { prepared },
    benchmark: { include: files.map(name => `bench/${name}.bench.ts`) },
    sequence: { sequencer: PathOrder },
    testTimeout: A_DAY,
    hookTimeout: A_DAY,
    teardownTimeout: 60_000,
    // a trial is measured once; what was not measured is no pass
    retry: 0,
    repeats: 0,
    passWithNoTests: false,
  }
  return { plugins: [planPlugin(), gatePlugin(prepared.folder, options, ownReporters(prepared, history))] }
}
