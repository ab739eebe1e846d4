import { afterEach, expect, test, vi } from 'vitest'
import { latestRun, resultsFolder } from './results-folder.ts'

afterEach(() => void vi.unstubAllEnvs())

test.for([
  [undefined, 'results', 'results/latest'],
  ['', 'results', 'results/latest'],
  ['/srv/runs', '/srv/runs', '/srv/runs/latest'],
  ['mine/', 'mine/', 'mine/latest'],
] as const)('RESULTS_DIR=%s: runs are in %s, the newest is %s', ([value, folder, latest]) => {
  vi.stubEnv('RESULTS_DIR', value)
  expect([resultsFolder(), latestRun()]).toEqual([folder, latest])
})
