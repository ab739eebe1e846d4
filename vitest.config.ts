import type { Prepared } from './fixtures/run.ts'
import { basename } from 'node:path'
import { defineConfig, type ViteUserConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

type TestOptions = NonNullable<ViteUserConfig['test']>

/** Loads a module as Node does: vite would put a copy of it into this file's bundle. */
const load = (path: string) => import(new URL(path, import.meta.url).href)

const shared: TestOptions = { watch: false, fileParallelism: false, include: ['{fixtures,helpers,reports}/**/*.test.ts'], benchmark: { include: [] }, testTimeout: 30_000, hookTimeout: 60_000 }

/** The same order in every run: vitest's own puts what failed or took long first. */
class PathOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.toSorted((a, b) => a.moduleId.localeCompare(b.moduleId))
  }
}

/** Vitest raises shorter ones to a minute; what a trial waits for has limits of its own. */
const A_DAY = 86_400_000

export default defineConfig(async () => ({ test: process.argv[2] === 'bench' ? await bench(process.argv.slice(3)) : shared }))

/** `npx vitest bench [name ...]`: everything that can be wrong ends here, with exit code 2. */
async function bench(words: string[]): Promise<TestOptions> {
  const { preflight, defaultBenches } = await load('fixtures/preflight.ts') as typeof import('./fixtures/preflight.ts')
  const { benchNames } = await load('fixtures/bench-files.ts') as typeof import('./fixtures/bench-files.ts')
  const { configuration } = await load('helpers/configuration.ts') as typeof import('./helpers/configuration.ts')
  const { Problem, reportProblem } = await load('helpers/problem.ts') as typeof import('./helpers/problem.ts')
  const { default: BenchReporter } = await load('reports/reporter.ts') as typeof import('./reports/reporter.ts')
  const { default: VitestJson } = await load('reports/vitest-json.ts') as typeof import('./reports/vitest-json.ts')
  let prepared: Prepared
  let files: string[]
  try {
    const named = words.filter(word => !word.startsWith('-')).map(word => basename(word, '.bench.ts'))
    const found = benchNames().filter(name => named.some(word => name.includes(word)))
    if (named.length > 0 && found.length === 0) throw new Problem(`no bench file is called ${named.join(' or ')}; there are ${benchNames().join(', ')}`)
    files = named.length > 0 ? found : defaultBenches(configuration().engine)
    prepared = await preflight(files)
  } catch (error) {
    process.exit(reportProblem(error))
  }
  return {
    ...shared,
    provide: { prepared },
    benchmark: { include: files.map(name => `bench/${name}.bench.ts`) },
    sequence: { sequencer: PathOrder },
    testTimeout: A_DAY, hookTimeout: A_DAY, teardownTimeout: 60_000,
    reporters: [new BenchReporter({ folder: prepared.folder }), new VitestJson({ outputFile: `${prepared.folder}/vitest.json` })],
  }
}
