import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ownFolders } from '../../../fixtures/run/claim.ts'
import { spawnCommand, until, wrappedRuntime } from '../../../fixtures/testing/self-test.ts'
import { noteFolder, noteStore } from '../../../fixtures/testing/test-marks.ts'
import { configuration } from '../../config/configuration.ts'
import { freePort } from '../../host/port.ts'
import { type Cluster, noCluster, startCluster } from '../../testing/slurm-cluster.ts'

const MINUTES = 60_000
const why = noCluster()
if (why) console.error(`Slurm for real: skipped, ${why}`)

/** Four nodes on this machine: a good one, one with a slow runtime, one that will be killed, one without podman. */
describe.skipIf(why !== undefined)('Slurm', { timeout: 20 * MINUTES }, () => {
  let folder: string
  let cluster: Cluster
  const results = () => join(folder, 'results')
  const settings = {
    ENGINE: 'llama-cpp',
    MODEL_SIZE: '10MB',
    MAX_MODEL_LEN: '256',
    WARMUP_REQUESTS: '1',
    PODMAN_ARGS: '--env LLAMA_ARG_THREADS=1',
    CONT_NAME: 'fleet-test',
    TARGETS_FILE: '',
    SCENARIOS: '',
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fleet-'))
    noteFolder(folder)
    const slow = wrappedRuntime(join(folder, 'slow'), 'sleep 4', 'create')
    const node = async (name: string, more: Record<string, string> = {}) => {
      const own = { STATE_DIR: join(folder, name), CHECKPOINT_DIR: join(folder, `${name}-ram`) }
      const [stateDir, checkpointDir] = [own.STATE_DIR, own.CHECKPOINT_DIR]
      noteStore(stateDir, ownFolders({ ...configuration(), stateDir, checkpointDir, keepCheckpoints: false }))
      const places = { ...own, MODELS_CACHE: join(folder, 'models'), API_PORT: String(await freePort()) }
      return { name, env: { ...places, ...more } }
    }
    mkdirSync(join(folder, 'cluster'))
    cluster = await startCluster(join(folder, 'cluster'), [
      await node('n1'),
      await node('n2', { ...slow, PATH: `${slow.PATH}${process.env.PATH}` }),
      await node('n3'),
      { ...(await node('n4')), without: ['podman', 'apt-get'] },
    ])
  }, 3 * MINUTES)
  // what the killed node left, and the folder, go as those of any killed test (test-marks.ts)
  afterAll(() => cluster?.close())

  const fleet = (args: string[], env: Record<string, string> = {}) =>
    spawnCommand('fleet', args, { ...settings, ...cluster.env, ...env }, 18 * 60)
  const jobs = () => (existsSync(results()) ? readdirSync(results()).filter(name => /^\d+$/.test(name)) : [])
  const newest = () => String(Math.max(...jobs().map(Number)))
  /** Trials of a node in the newest job, as they lie on the disk. */
  function trials(node: string): number {
    const file = join(results(), newest(), node, 'latest/trials.jsonl')
    return existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0
  }
  const reasons = () => cluster.ask('sinfo', '--noheader', '--Node', '--format=%N %E')

  test('names the slow node, the killed one is missing, the one without podman failed: exit code 1', async () => {
    const running = fleet(['slurm', '--all-idle', '--gpus', '2', '--results', results(), '--follow', 'cold'])
    // three nodes set up from nothing on the cores of one: each wait has its own patience
    await until('a run of n3', () => jobs().length > 0 && existsSync(join(results(), newest(), 'n3/latest')), 0.2)
    await until('trials of n3', () => trials('n3') >= 2, 0.2)
    cluster.kill('n3')
    const { exitCode, all = '' } = await running
    expect(all).toMatch(/^job \d+, running: .*\d measuring/m)
    expect(all).toMatch(/^missing:\n {2}n3: no report: killed, or still running, after \d+ of 10 trials$/m)
    expect(all).toMatch(/^failed:\n {2}n4: ended with exit code 2 before a run began$/m)
    expect(all).toMatch(/^slow:\n {2}n2: slow in /m)
    expect(all).toMatch(/^4 nodes: 1 missing, 1 failed, 1 slow, 1 ok$/m)
    expect(exitCode).toBe(1)
    const job = join(results(), jobs()[0]!)
    expect(readFileSync(join(job, 'n4.log'), 'utf8')).toMatch(/podman not installed, and this host has no apt-get/)
    expect(JSON.parse(readFileSync(join(job, 'n1.jsonl'), 'utf8'))).toMatchObject({ node: 'n1', outcome: 'pass' })
    expect(readdirSync(job)).toEqual(expect.arrayContaining(['fleet.html', 'fleet-ctrf.json', 'fleet.txt']))
  })

  test('drains only when asked, and keeps the reason of a node that is drained already', async () => {
    const job = join(results(), jobs()[0]!)
    const dry = await fleet(['drain', job])
    expect([dry.exitCode, await reasons()]).toEqual([0, expect.not.stringContaining('criu-gpu-bench')])
    expect(dry.stdout).toMatch(/^scontrol update nodename=n4 state=drain 'reason=criu-gpu-bench: failed: ended with/m)
    expect((await fleet(['drain', job, '--apply', '--at-most', '1'])).exitCode).toBe(2)
    expect(await reasons()).not.toContain('criu-gpu-bench')
    await cluster.ask('scontrol', 'update', 'nodename=n4', 'state=drain', 'reason=a fan')
    const applied = await fleet(['drain', job, '--apply'])
    expect([applied.exitCode, applied.all]).toEqual([0, expect.stringContaining('drained before: n4\ndrained: 1 node')])
    expect(await reasons()).toMatch(/^n3 criu-gpu-bench: missing: no report/m)
    expect(await reasons()).toMatch(/^n4 a fan/m)
  })

  /** A job that would take hours, on n1 and n2, once both have measured something. */
  async function endless() {
    const before = jobs().length
    const running = fleet(['slurm', '--all-idle', '--results', results(), '--follow', 'cold'], { ITERATIONS: '500' })
    await until('trials', () => jobs().length > before && trials('n1') > 0 && trials('n2') > 0, 0.2)
    return { running, job: newest() }
  }

  /** Both nodes have reported what they measured until then, and the merge says so. */
  async function expectInterrupted({ running, job }: Awaited<ReturnType<typeof endless>>): Promise<void> {
    const { exitCode, all = '' } = await running
    for (const node of ['n1', 'n2']) {
      expect(all).toMatch(new RegExp(`^ {2}${node}: interrupted after \\d+ of 1000 trials$`, 'm'))
      const end = JSON.parse(readFileSync(join(results(), job, `${node}.jsonl`), 'utf8'))
      expect(end).toMatchObject({ exit_code: 143, outcome: 'fail', report: { interrupted: { of: 1000 } } })
    }
    expect(exitCode).toBe(1)
  }

  test("Slurm's time limit: SIGTERM well before it, and what was measured is reported", async () => {
    const started = await endless()
    const asked = ['--noheader', '--format=%M', '--jobs', started.job]
    const minutes = Number((await cluster.ask('squeue', ...asked)).trim().split(':').at(-2)) + 3
    await cluster.ask('scontrol', 'update', `jobid=${started.job}`, `timelimit=${minutes}`)
    await expectInterrupted(started)
    expect(await cluster.ask('scontrol', 'show', 'job', started.job)).toMatch(/JobState=FAILED/)
    expect(existsSync(join(results(), started.job, 'fleet.html'))).toBe(true)
  })

  test('scancel: what was measured is reported', async () => {
    const started = await endless()
    await cluster.ask('scancel', started.job)
    await expectInterrupted(started)
  })
})
