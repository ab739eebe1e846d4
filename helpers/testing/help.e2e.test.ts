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

test.for([
  [['bench', 'colt'], /^criu-gpu-bench: no bench file is called colt; there are /],
  [['bench', 'cold', '-t', '('], /^criu-gpu-bench: -t: received "\(", allowed is a regular expression/],
  [['bench', '--iterations', '3'], /^criu-gpu-bench: vitest: Unknown option `--iterations`; set ITERATIONS=3\n$/],
  [['bench', '--itertions=3'], /Unknown option `--itertions`; did you mean ITERATIONS\? Set ITERATIONS=3\n$/],
  [['bench', '--tool-timout'], /Unknown option `--toolTimout`; did you mean TOOL_TIMEOUT\? Set TOOL_TIMEOUT=\.\.\.\n$/],
  [
    ['test', '--reporters=dot'],
    /^criu-gpu-bench: vitest: Unknown option `--reporters`; did you mean "--reporter"\?\n$/,
  ],
  [['test', '--testTimeout'], /value is missing\nnpx vitest run --help lists them.\n$/],
] as const)(
  'set-up does not begin for a command line that is wrong: %j',
  { timeout: 60_000 },
  async ([words, says]) => {
    const { code, stdout, stderr } = await run('setup', ...words)
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(says) })
    expect(readdirSync(folder)).toEqual([])
  },
)

test.for([
  [['plan', '--jsn'], `Unknown option '--jsn'; did you mean "--json"?`],
  [['history', '--out', 'a', '--out=b', 'x'], '--out is given 2 times: received "a", "b", allowed is one value'],
  [['census', 'a', 'b'], 'npm run census takes one folder, received a b'],
  [['census', 'a', '--largest', 'x'], '--largest: received "x", allowed is a whole number from 0 on'],
  [['history-rates', '9', '9', '9'], 'npm run history-rates takes a number of histories and of runs in each'],
  [['gate-rates', '1', '1', '1'], 'npm run gate-rates takes a whole number of runs and a delay in seconds'],
  [['check-report', 'nowhere'], 'nowhere does not exist; name the folder of a run, such as results/latest'],
  [['compare', 'one'], 'npm run compare takes two runs or more, received one'],
  [['fleet'], 'received nothing, wanted drain, kubernetes'],
  [['fleet', 'slurm', '--nodes', 'n1', 'colt'], 'no bench file is called colt'],
  [['fleet', 'kubernetes', '--image', 'i', '--nodes', '2', 'colt'], 'no bench file is called colt'],
  [['checkpoint', 'none', '--setting', 'compress=zstd'], 'received none and --setting compress=zstd: give one'],
] as const)('a slip is named, exit code 2: %j', { timeout: 60_000 }, async ([words, says]) => {
  const { code, stdout, stderr } = await run(...words)
  expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: expect.stringContaining(`: ${says}`) })
})

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
