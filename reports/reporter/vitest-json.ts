import { JsonReporter, type TestModule, type Vitest } from 'vitest/node'

/**
 * vitest's own JSON reporter. Where there is no room for its file, the suite's reporter has said so
 * and what to end with. It says nothing itself: the last lines of a run are the verdict and where the page lies.
 */
export default class VitestJson extends JsonReporter {
  override onInit(vitest: Vitest): void {
    super.onInit(quiet(vitest))
  }

  override async onTestRunEnd(modules: ReadonlyArray<TestModule>): Promise<void> {
    try {
      await super.onTestRunEnd(modules)
    } catch (error) {
      if (!(error as NodeJS.ErrnoException).code) throw error
    }
  }
}

/** The same vitest with a logger of its own that logs nothing: the others share vitest's. */
function quiet(vitest: Vitest): Vitest {
  const logger = Object.create(vitest.logger, { log: { value: () => undefined } })
  return new Proxy(vitest, { get: (target, key) => (key === 'logger' ? logger : Reflect.get(target, key, target)) })
}
