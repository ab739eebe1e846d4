import { JsonReporter, type TestModule } from 'vitest/node'

/**
 * vitest's own JSON reporter. Where there is no room for its file, the suite's reporter has said so
 * and what to end with.
 */
export default class VitestJson extends JsonReporter {
  override async onTestRunEnd(modules: ReadonlyArray<TestModule>): Promise<void> {
    try {
      await super.onTestRunEnd(modules)
    } catch (error) {
      if (!(error as NodeJS.ErrnoException).code) throw error
    }
  }
}
