import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { nodeEndSchema } from '../../../reports/analysis/fleet/node-end.ts'
import { createRunFolder } from '../../../reports/run/run-folder.ts'
import { madeReports } from '../../testing/made-fleet.ts'
import { findRuns } from './find-runs.ts'
import { node } from './node.ts'

let results: string
beforeEach(() => {
  results = mkdtempSync(join(tmpdir(), 'node-'))
  onTestFinished(() => rmSync(results, { recursive: true, force: true }))
})

const [report] = madeReports(1)
type Bench = NonNullable<Parameters<typeof node>[3]>

/** A bench that leaves a run, with its report where it is given one, and ends with this code. */
const measures =
  (code: number, left?: unknown): Bench =>
  async (_, env) => {
    const { path } = createRunFolder(env.RESULTS_DIR!, new Date().toISOString())
    if (left) writeFileSync(join(path, 'report.json'), JSON.stringify(left))
    return code
  }

async function run(bench: Bench, argv: string[] = [], env: Record<string, string> = {}) {
  let printed = ''
  const code = await node(['--results', results, ...argv], text => (printed += text), env, bench)
  const lines = printed.trimEnd().split('\n')
  expect(lines).toHaveLength(1)
  return { code, line: nodeEndSchema.parse(JSON.parse(lines[0]!)) }
}
const record = (folder: string) => nodeEndSchema.parse(JSON.parse(readFileSync(join(folder, 'node.json'), 'utf8')))

describe('npm run fleet -- node', () => {
  it('a line with the whole report on standard output, the same without it in the folder of job and node', async () => {
    const { code, line } = await run(measures(0, report), ['--job', '7', '--node', 'gpu-1'])
    const { report: whole, ...end } = line
    expect([code, line.outcome, whole?.scenarios.length]).toEqual([0, 'pass', report!.scenarios.length])
    expect(record(join(results, '7/gpu-1'))).toEqual(end)
    expect(end.run).toMatch(`${results}/7/gpu-1/`)
  })
  it.for([
    [{}, `manual/${hostname()}`],
    [{ NODE_NAME: 'kube-3' }, 'manual/kube-3'],
    [{ SLURM_JOB_ID: '42', SLURMD_NODENAME: 'gpu-3', NODE_NAME: 'other' }, '42/gpu-3'],
  ] as const)('%j: results in %s', async ([env, folder]) => {
    await run(measures(0, report), [], env)
    expect(existsSync(join(results, folder, 'node.json'))).toBe(true)
  })
  it('what the bench is given: the words behind --, and where its results go', async () => {
    const seen: unknown[] = []
    const bench: Bench = async (words, env) => seen.push(words, env.RESULTS_DIR, env.ITERATIONS)
    await run(bench, ['--job', '1', '--node', 'a', '--', 'cold', '-t', 'x'], { ITERATIONS: '9' })
    expect(seen).toEqual([['cold', '-t', 'x'], join(results, '1/a'), '9'])
  })
  it('a node where no run began says so, also where an earlier run lies there: no pass', async () => {
    await run(measures(0, report), ['--job', '1', '--node', 'a'])
    const { code, line } = await run(async () => 2, ['--job', '1', '--node', 'a'])
    expect([code, line]).toEqual([2, expect.objectContaining({ outcome: 'skip', run: null, report: null })])
    expect(record(join(results, '1/a'))).toMatchObject({ exit_code: 2, run: null })
    expect(findRuns([results]).unreadable).toMatchObject([{ node: 'a', why: expect.stringMatching(/exit code 2/) }])
  })
  it('a second run has a folder of its own', async () => {
    const first = await run(measures(0, report), ['--job', '1', '--node', 'a'])
    const second = await run(measures(1, report), ['--job', '1', '--node', 'a'])
    expect(second.line.run).not.toBe(first.line.run)
    expect(existsSync(join(first.line.run!, 'report.json'))).toBe(true)
  })
  it('a run that left no report: null, and its end is known all the same', async () => {
    const { line } = await run(measures(143), ['--job', '1', '--node', 'a'])
    expect(line).toMatchObject({ exit_code: 143, outcome: 'fail', report: null, run: expect.any(String) })
  })
  it("EXIT_CODES maps the process's code, and not what is recorded", async () => {
    const { code, line } = await run(measures(3, report), ['--node', 'a'], { EXIT_CODES: 'pass=0,fail=1,skip=77' })
    expect([code, line.exit_code, line.outcome]).toEqual([77, 3, 'skip'])
  })
  it('the line is printed although the storage takes nothing any more', async () => {
    let printed = ''
    const bench: Bench = async (_, env) => {
      rmSync(env.RESULTS_DIR!, { recursive: true })
      return 1
    }
    const ended = node(['--results', results, '--node', 'a'], text => (printed += text), {}, bench)
    await expect(ended).rejects.toThrow(/node\.json cannot be written/)
    expect(JSON.parse(printed)).toMatchObject({ node: 'a', exit_code: 1 })
  })
  it.for([
    [['--node', '../x'], {}, /--node: received "\.\.\/x"/],
    [['--job', 'a b'], {}, /--job: received "a b"/],
    [['--job', '-'], {}, /--job: received "-"/],
    [[], { EXIT_CODES: 'pass=0' }, /EXIT_CODES: received "pass=0"/],
    [[], { SLURM_JOB_ID: '..' }, /--job: received "\.\."/],
    [['--result', 'x'], {}, /--result/],
  ] as const)('%j with %j is refused before anything starts', async ([argv, env, says]) => {
    const bench: Bench = async () => expect.unreachable()
    const ended = node(['--results', results, ...argv], () => {}, env, bench)
    await expect(ended).rejects.toThrow(says)
  })
  it('a file in the way of its folder is named', async () => {
    mkdirSync(join(results, '1'))
    symlinkSync('/dev/null', join(results, '1/a'))
    const ended = node(
      ['--results', results, '--job', '1', '--node', 'a'],
      () => {},
      {},
      async () => 0,
    )
    await expect(ended).rejects.toThrow(/1\/a cannot be written: .*NFS/)
  })
})
