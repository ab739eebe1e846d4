import { describe, expect, it } from 'vitest'
import { madeReports } from '../../../helpers/testing/made-fleet.ts'
import type { Report } from '../../run/schema.ts'
import { orderRank } from './before.ts'
import { fisher } from './distinguishing.ts'
import { fleetExitCode, fleetOf } from './fleet.ts'
import { nameless, nodeRun } from './nodes.ts'
import { slowNodes } from './slow.ts'

const runsOf = (reports: Report[]) => reports.map((report, i) => nodeRun(`n${i}`, `job/n${i}`, report))
const verdicts = (fleet: ReturnType<typeof fleetOf>, ...wanted: string[]) =>
  fleet.nodes.filter(({ verdict }) => wanted.includes(verdict)).map(({ node }) => node)

describe('slow nodes', () => {
  it.for([3, 12, 40])('the slow one of %d is named, and no other', nodes => {
    const fleet = fleetOf(runsOf(madeReports(nodes, { factor: node => (node === 1 ? 2 : 1) })))
    expect(verdicts(fleet, 'slow')).toEqual(['n1'])
    expect(fleetExitCode(fleet)).toBe(1)
  })
  it('nobody is, where all are alike', () => {
    const fleet = fleetOf(runsOf(madeReports(40)))
    expect([verdicts(fleet, 'slow', 'cannot-tell'), fleetExitCode(fleet)]).toEqual([[], 0])
  })
  it('a slow majority does not hide behind its own median, a faster node is no fault', () => {
    const fleet = fleetOf(runsOf(madeReports(20, { factor: node => (node === 3 ? 0.5 : 1) })))
    expect(verdicts(fleet, 'slow')).toEqual([])
  })
  it('one node alone, and too few trials, are told by nobody: no pass', () => {
    const alone = fleetOf(runsOf(madeReports(1)))
    expect([alone.nodes[0]!.verdict, fleetExitCode(alone)]).toEqual(['cannot-tell', 2])
    const few = new Map(Array.from({ length: 12 }, (_, node) => [`n${node}`, [1, 1.1, 1.2]] as const))
    expect(new Set(slowNodes(new Map([...few].map(([n, v]) => [n, [...v]])), 1).map(({ verdict }) => verdict))).toEqual(
      new Set(['cannot-tell']),
    )
  })
  it('equal medians leave no node infinitely far away', () => {
    const samples = new Map(Array.from({ length: 12 }, (_, i) => [`n${i}`, Array(5).fill(i === 0 ? 1.05 : 1)]))
    expect(slowNodes(samples, 1)[0]).toMatchObject({ verdict: 'ok', change: expect.closeTo(0.05) })
  })
})

describe('groups', () => {
  it('other hardware is no peer; another driver is one, and is named where the slow nodes have it', () => {
    const slow = (node: number) => node % 10 === 0
    const reports = madeReports(60, {
      factor: node => (slow(node) ? 2 : 1),
      fingerprint: node => ({ gpu: node < 50 ? 'H100' : 'A10', driver: slow(node) ? '550' : '580' }),
    })
    const { groups } = fleetOf(runsOf(reports))
    expect(groups.map(({ nodes }) => nodes)).toEqual([50, 10])
    expect(groups[0]!.distinguishing).toEqual([
      {
        field: 'driver',
        value: '550',
        slow: { with: 5, of: 5 },
        others: { with: 0, of: 45 },
        p_value: expect.any(Number),
      },
    ])
  })
  it('what names the node is taken out', () => {
    expect(nameless('n1: GPU-01234567-89ab-cdef-0123-456789abcdef of n1, not n12 or x-n1', 'n1')).toBe(
      'NODE: GPU of NODE, not n12 or x-n1',
    )
    expect(nameless('a.b axb', 'a.b')).toBe('NODE axb')
  })
  it("of a node's runs the newest counts, and that is said", () => {
    const [old, recent] = [madeReports(3, { factor: () => 2, timestamp: '2026-01-01T00:00:00.000Z' }), madeReports(3)]
    const fleet = fleetOf([...runsOf(recent), ...runsOf(old)])
    expect([fleet.superseded.length, fleet.nodes.length]).toEqual([3, 3])
    expect(fleet.notes.join()).toMatch(/3 older left out/)
  })
})

describe('missing and failed nodes are never a pass', () => {
  it('missing: on the list, and no run', () => {
    const fleet = fleetOf(runsOf(madeReports(3)), { expected: ['n0', 'n1', 'n2', 'n3'] })
    expect([verdicts(fleet, 'missing'), fleetExitCode(fleet)]).toEqual([['n3'], 1])
  })
  it('failed: a run that cannot be read, was interrupted, missed a target, or lacks what its peers have', () => {
    const reports = madeReports(6)
    reports[1]!.interrupted = { trials: 3, of: 70 }
    Object.assign(reports[2]!, { verdict: 'fail' })
    Object.assign(reports[3]!.scenarios[4]!, { trials: [], outcome: 'skipped', reason: 'no room\nmore' })
    const fleet = fleetOf(runsOf(reports), { unreadable: [{ node: 'n9', path: 'x', why: 'torn' }] })
    expect(verdicts(fleet, 'failed')).toEqual(['n1', 'n2', 'n3', 'n9'])
    expect(fleet.nodes.map(({ why }) => why.join()).filter(Boolean)).toEqual([
      'interrupted after 3 of 70 trials',
      'its own verdict is fail',
      'podman-import/none was not measured: no room',
      'torn',
    ])
    expect(fleetExitCode(fleet)).toBe(1)
  })
  it('an unreadable run beside a readable one of the same node is no failure of the node', () => {
    const fleet = fleetOf(runsOf(madeReports(3)), { unreadable: [{ node: 'n1', path: 'x', why: 'torn' }] })
    expect(verdicts(fleet, 'failed')).toEqual([])
  })
})

describe('before and after, by node', () => {
  const before = runsOf(madeReports(30, { fingerprint: () => ({ driver: '550' }) }))
  const fleet = (factor: number, nodes = 30) => {
    const reports = madeReports(nodes, { factor: () => factor, fingerprint: () => ({ driver: '580' }) })
    return fleetOf(runsOf(reports), { before })
  }
  it.for([
    [1.2, 'slower', 4],
    [0.8, 'faster', 0],
    [1.05, 'within-tolerance', 0],
    [1, 'no-difference', 0],
  ] as const)('times %d is %s', ([factor, verdict, code]) => {
    const made = fleet(factor)
    expect(new Set(made.groups[0]!.before!.scenarios.map(one => one.verdict))).toEqual(new Set([verdict]))
    expect(made.groups[0]!.before!.changes).toEqual([{ name: 'driver', from: '550', to: '580', nodes: 30 }])
    expect(fleetExitCode(made)).toBe(code)
  })
  it('a few nodes cannot tell, and that is no pass', () => {
    const made = fleet(1.2, 5)
    expect(made.groups[0]!.before).toMatchObject({ nodes: 5, scenarios: expect.arrayContaining([]) })
    expect([made.groups[0]!.before!.scenarios[0]!.verdict, fleetExitCode(made)]).toEqual(['cannot-tell', 2])
  })
})

it('exact tails: the lady tasting tea, and the sign test', () => {
  // Fisher, The Design of Experiments, 1935: all four cups right is 1 in 70
  expect(fisher(4, 4, 4, 8)).toBeCloseTo(1 / 70, 8)
  expect(fisher(3, 4, 4, 8)).toBeCloseTo(17 / 70, 8)
  // two-sided, n = 6: 2/64 is below 5 %; n = 5: 2/32 is not
  expect([5, 6, 20, 100].map(n => orderRank(n, 0.05))).toEqual([0, 1, 6, 40])
})
