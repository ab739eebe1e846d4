import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { noteFolder } from '../../fixtures/testing/test-marks.ts'
import { mountTmpfs } from '../host/mounts.ts'
import { removeFolder } from '../podman/reaper.ts'

const project = resolve(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'help-'))
afterAll(() => rmSync(folder, { recursive: true }))
const state = join(folder, 'state')

/** `npm run WORDS`, without npm, on a host where nothing is set up. */
async function run(...words: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { ...process.env, STATE_DIR: state, CHECKPOINT_DIR: join(folder, 'mnt'), RESULTS_DIR: join(folder, 'r') }
  const running = promisify(execFile)(process.execPath, ['helpers/bootstrap.mjs', ...words], { cwd: project, env })
  return await running.then(
    said => ({ code: 0, ...said }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  )
}

const commands = readdirSync(join(project, 'helpers/commands'))
  .filter(name => /^[a-z-]+\.ts$/.test(name))
  .map(name => name.slice(0, -3))

describe('--help says what a command does, and nothing is done', { timeout: 120_000 }, () => {
  test.for(commands)('%s', async name => {
    for (const option of ['--help', '-h']) {
      const { code, stdout, stderr } = await run(name, option)
      expect([code, stderr]).toEqual([0, ''])
      expect(stdout).toMatch(new RegExp(`^Usage: npm run ${name}`))
    }
    expect(readdirSync(folder)).toEqual([])
  })
  test.for([
    [['--help'], 'Usage: npm run COMMAND'],
    [['setup', 'bench', '--help'], 'vitest/'],
  ] as const)('%j', async ([words, says]) => {
    const { code, stdout } = await run(...words)
    expect([code, stdout.slice(0, says.length)]).toEqual([0, says])
    expect(existsSync(state)).toBe(false)
  })
})

test.for(['setup', 'doctor', 'calibrate'])(
  '%s takes no arguments: exit 2, nothing done',
  { timeout: 60_000 },
  async name => {
    const { code, stderr } = await run(name, '--nonsense')
    expect([code, stderr.split('\n')[0]]).toEqual([2, 'criu-gpu-bench: no arguments are taken, received: --nonsense'])
    expect(readdirSync(folder)).toEqual([])
  },
)

test('a misspelt variable is a warning in the environment and an error in .env', { timeout: 60_000 }, async () => {
  const there = mkdtempSync(join(tmpdir(), 'slip-'))
  onTestFinished(() => rmSync(there, { recursive: true }))
  const doctor = (env: Record<string, string>) =>
    promisify(execFile)(process.execPath, [join(project, 'helpers/commands/doctor.ts')], {
      cwd: there,
      env: { ...process.env, ...env },
    }).catch((error: { code: number; stderr: string }) => error)
  expect((await doctor({ ITERATION: '3' })).stderr).toBe(
    'criu-gpu-bench: ITERATION is set and not read; did you mean ITERATIONS?\n',
  )
  writeFileSync(join(there, '.env'), 'ENGINE=llama-cpp\nMODLE_ID=x\n')
  expect(await doctor({})).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('.env:2: MODLE_ID is no variable of the suite; did you mean "MODEL_ID"?'),
  })
})

describe.skipIf(process.getuid?.() !== 0)('doctor without root', { timeout: 60_000 }, () => {
  const words = ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath, 'helpers/commands/doctor.ts']
  const doctor = (variables: Record<string, string>) =>
    promisify(execFile)('setpriv', words, {
      cwd: project,
      env: { ...process.env, HOME: '/', ...variables },
    }).catch((error: { code: number; stdout: string }) => error)

  test('shows what a user can see', async () => {
    const seen = await doctor({})
    expect(seen).toMatchObject({ code: 2 })
    expect(seen.stdout).toMatch(/^root +unusable +root is needed/m)
    expect(seen.stdout).toMatch(/^node, npm +ok /m)
  })

  test.each([
    ['', /^room +ok /m],
    ['huge', /^room +not seen +only root can look: EACCES/m],
  ])('and says what it cannot, with a tmpfs at CHECKPOINT_DIR/%s', async (below, room) => {
    const ram = mkdtempSync(join(tmpdir(), 'doctor-'))
    noteFolder(ram)
    onTestFinished(() => removeFolder(ram))
    // as a run does
    for (const path of new Set([ram, join(ram, below)])) await mountTmpfs(path, { size: 8e9 })
    const { stdout } = await doctor({ ENGINE: 'llama-cpp', CHECKPOINT_DIR: ram, STATE_DIR: state })
    expect(stdout).toMatch(room)
  })
})
