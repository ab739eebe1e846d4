import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'

const python = spawnSync('python3', ['--version']).status === 0

test.skipIf(!python)(
  "the sleep backend's own tests, against stubs of vLLM, torch and the driver (needs python3)",
  { timeout: 60_000 },
  () => {
    const { status, stderr } = spawnSync('python3', ['-B', '-m', 'unittest', 'discover', '-s', 'tests', '-t', '.'], {
      cwd: import.meta.dirname,
      encoding: 'utf8',
      timeout: 50_000,
    })
    expect(stderr).toMatch(/Ran \d+ tests/)
    expect(status, stderr).toBe(0)
  },
)
