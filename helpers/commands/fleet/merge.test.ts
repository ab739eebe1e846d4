import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { fleetSchema } from '../../../reports/analysis/fleet/fleet.ts'
import { madeReports, makeFleet } from '../../testing/made-fleet.ts'
import { main } from '../fleet.ts'
import { nodeOf, readNodes } from './find-runs.ts'
import { rate } from './rates.ts'

const recorded = resolve(import.meta.dirname, '../../../reports/testing/recorded')

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'fleet-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

async function outcome(...argv: string[]): Promise<{ code: number; text: string }> {
  let text = ''
  const code = await main(argv, more => {
    text += more
  })
  return { code, text }
}

describe('npm run fleet -- merge', () => {
  it('names the slow, the killed and the missing node of a real folder, in each format', async () => {
    const path = folder()
    makeFleet(path, madeReports(12, { factor: node => (node === 4 ? 2 : 1) }))
    // killed in the middle: run.json and some trials, no report
    cpSync(join(recorded, 'without-gpu'), join(path, 'killed/2026-11-24T03-31-19Z'), { recursive: true })
    const trials = join(path, 'killed/2026-11-24T03-31-19Z/trials.jsonl')
    const lines = readFileSync(trials, 'utf8').split('\n')
    writeFileSync(trials, `${lines.slice(0, 5).join('\n')}\n${lines[5]!.slice(0, 40)}`)
    mkdirSync(join(path, 'n0/logs'))
    symlinkSync('2026-11-26T03-00-00Z', join(path, 'n0/latest'))
    writeFileSync(join(path, 'nodes.txt'), '# asked for\nkilled\nn0\nn1 # rack 2\nlost\n')
    const { code, text } = await outcome('merge', path)
    expect(code).toBe(1)
    expect(text).toMatch(/^missing:\n {2}killed: no report: killed, or still running, after 5 of \d+ trials$/m)
    expect(text).toMatch(/^ {2}lost: no run of it was found$/m)
    expect(text).toMatch(/^ {2}n4: slow in 11 of 11 scenarios; /m)
    expect(text).toMatch(/^14 nodes: 2 missing, 1 slow, 11 ok$/m)
    const json = (await outcome('merge', path, '--format', 'json')).text
    expect(fleetSchema.parse(JSON.parse(json)).nodes).toHaveLength(14)
    const nodes = (await outcome('merge', path, '--format', 'jsonl')).text.trim().split('\n')
    expect(nodes.map(line => JSON.parse(line).verdict).toSorted()).toEqual(
      ['missing', 'missing', 'slow', ...Array(11).fill('ok')].toSorted(),
    )
  })
  it('a node that ended before its run failed; a log with lines of nodes is read as folders are', async () => {
    const path = folder()
    const [report] = madeReports(1)
    const end = { schema: 'criu-gpu-bench/node@1', job: '1', timestamp: report!.timestamp, outcome: 'pass', run: '/r' }
    mkdirSync(join(path, 'bare'))
    const bare = { ...end, node: 'bare', exit_code: 2, outcome: 'skip', run: null }
    writeFileSync(join(path, 'bare/node.json'), JSON.stringify(bare, undefined, 2))
    const lines = ['n1', 'n2'].map(node => JSON.stringify({ ...end, node, exit_code: 0, report }))
    const log = join(path, 'pods.log')
    writeFileSync(log, ['starting', ...lines, lines[0]!.slice(0, 200)].join('\n'))
    const { nodes } = JSON.parse((await outcome('merge', join(path, 'bare'), log, '--format', 'json')).text)
    expect(nodes).toMatchObject([
      { node: 'bare', verdict: 'failed', why: ['ended with exit code 2 before a run began'] },
      { node: 'n1', paths: [`${log}:2`] },
      { node: 'n2', paths: [`${log}:3`] },
    ])
  })
  it('a run without a report: missing, unless its node said how that very run ended', async () => {
    const path = folder()
    const [first, second] = ['2026-11-24T03-31-19Z', '2026-11-25T03-31-19Z']
    const end = { schema: 'criu-gpu-bench/node@1', job: '1', timestamp: '2026-11-24T04:00:00Z', outcome: 'fail' }
    for (const node of ['crashed', 'rerun']) {
      cpSync(join(recorded, 'without-gpu'), join(path, node, first), { recursive: true })
      rmSync(join(path, node, first, 'report.json'), { force: true })
      const record = { ...end, node, exit_code: 1, run: join('/elsewhere', node, first) }
      writeFileSync(join(path, node, 'node.json'), JSON.stringify(record))
    }
    cpSync(join(path, 'rerun', first), join(path, 'rerun', second), { recursive: true })
    const run = JSON.parse(readFileSync(join(path, 'rerun', second, 'run.json'), 'utf8'))
    const later = { ...run, timestamp: '2026-11-25T03:31:19.000Z' }
    writeFileSync(join(path, 'rerun', second, 'run.json'), JSON.stringify(later))
    const { nodes } = JSON.parse((await outcome('merge', path, '--format', 'json')).text)
    const [crashed, rerun] = nodes
    expect([crashed.verdict, rerun.verdict, rerun.why]).toEqual([
      expect.not.stringMatching('missing'),
      'missing',
      [expect.stringMatching(/^no report: killed, or still running, after \d+ trials$/)],
    ])
  })
  it('a list of nodes is enough to say that all are missing: nothing was measured', async () => {
    const path = folder()
    writeFileSync(join(path, 'nodes.txt'), 'n1\nn2\n')
    const { code, text } = await outcome('merge', path)
    expect([code, text]).toEqual([3, expect.stringMatching(/^2 nodes: 2 missing$/m)])
  })
  it('--out writes every format', async () => {
    const path = folder()
    makeFleet(path, madeReports(4))
    await outcome('merge', path, '--out', join(path, 'out'))
    const files = ['fleet-ctrf.json', 'fleet.html', 'fleet.json', 'fleet.jsonl', 'fleet.txt']
    expect(readdirSync(join(path, 'out')).toSorted()).toEqual(files)
    expect((await outcome('merge', path, '--format', 'html')).text).toBe(
      readFileSync(join(path, 'out/fleet.html'), 'utf8'),
    )
  })
  it('a report that is cut off is a failed node', async () => {
    const path = folder()
    makeFleet(path, madeReports(4))
    mkdirSync(join(path, 'torn'))
    writeFileSync(join(path, 'torn/report.json'), '{"schema":"criu-gpu-bench/rep')
    const { code, text } = await outcome('merge', path)
    expect([code, text]).toEqual([1, expect.stringMatching(/failed:\n {2}torn: .*torn\/report\.json/)])
  })
  it('compares with runs before, by node', async () => {
    const [before, after] = [folder(), folder()]
    makeFleet(before, madeReports(30))
    makeFleet(after, madeReports(30, { factor: () => 1.3, fingerprint: () => ({ kernel: '7.0' }) }))
    const { code, text } = await outcome('merge', after, '--before', before)
    expect([code, text]).toEqual([4, expect.stringMatching(/→ 7\.0 on 30 nodes/)])
  })
  it.for([
    [['merge'], /received none/],
    [['merge', recorded, '--out', '/proc/x'], /--out: received/],
    [['merge', '/nowhere'], /\/nowhere does not exist/],
    [['merge', recorded, '--format', 'xml'], /allowed are table, json, jsonl, html, ctrf/],
    [['merge', recorded, '--nodes', '/nowhere'], /list of nodes, cannot be read: ENOENT/],
    [['merge', recorded, '--node', 'x'], /--node/],
    [['melt'], /received "melt", wanted .*merge/],
    [['rates', 'x'], /takes a number of fleets/],
  ] as const)('%j is refused', ([argv, says]) => expect(main([...argv], () => {})).rejects.toThrow(says))
  it('refuses folders without a run', () => expect(outcome('merge', folder())).rejects.toThrow(/there is no run/))
})

it('a node is what the time stands in', () => {
  expect(nodeOf('/shared/42/gpu-7/2026-11-24T03-31-19Z.2')).toBe('gpu-7')
  expect(nodeOf('/shared/gpu-8')).toBe('gpu-8')
})

it('lists of nodes: lines, blanks, comments', () => {
  const file = join(folder(), 'nodes')
  writeFileSync(file, 'a b\n\n# c d\n e # f')
  expect(readNodes(file)).toEqual(['a', 'b', 'e'])
  writeFileSync(file, '# nobody\n')
  expect(() => readNodes(file)).toThrow(/names no node/)
})

describe('how often it is wrong', () => {
  // 5 % are allowed; more than 13 of 100 would come up once in 2000 times
  it.for([5, 10, 40])('%d nodes that are alike', nodes =>
    expect(rate(100, { nodes, between: 0.03 }).wrong).toBeLessThanOrEqual(0.13),
  )
  it('a node that takes half as long again is found', () =>
    expect(rate(50, { nodes: 40, between: 0.05, slow: 0.5 }).found).toBeGreaterThan(0.9))
})
