import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { fleetOf } from '../../../reports/analysis/fleet/fleet.ts'
import { nodeRun } from '../../../reports/analysis/fleet/nodes.ts'
import { madeReports, makeFleet } from '../../testing/made-fleet.ts'
import { drain, drainsOf } from './drain.ts'

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'drain-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

async function printed(...argv: string[]): Promise<string> {
  let text = ''
  await drain(argv, more => {
    text += more
  })
  return text
}

describe('npm run fleet -- drain', () => {
  const reports = madeReports(12, { factor: node => (node === 4 ? 2 : 1) })
  it('failed and missing nodes, slow ones when asked; the reason is a line of plain text with its prefix', () => {
    const runs = reports.map((report, i) => nodeRun(`n${i}`, `job/n${i}`, report))
    const unreadable = [{ node: 'n90', path: 'x', why: `torn\n"$(reboot)" ${'x'.repeat(300)}` }]
    const fleet = fleetOf(runs, { expected: ['n91'], unreadable })
    const drains = drainsOf(fleet, ['missing', 'failed'])
    expect(drains.map(({ node }) => node)).toEqual(['n90', 'n91'])
    expect(drains[0]!.reason).toMatch(/^criu-gpu-bench: failed: torn \(reboot\) x+$/)
    expect(drains[0]!.reason).toHaveLength(200)
    expect(drains[1]!.reason).toBe('criu-gpu-bench: missing')
    expect(drainsOf(fleet, ['slow'])).toEqual([{ node: 'n4', reason: 'criu-gpu-bench: slow: cold' }])
  })
  it('prints commands and runs none', async () => {
    const path = folder()
    makeFleet(path, reports)
    writeFileSync(join(path, 'nodes.txt'), 'n0\nlost\n')
    expect(await printed(path)).toBe(
      "scontrol update nodename=lost state=drain 'reason=criu-gpu-bench: missing'\n1 node would be drained\n",
    )
    writeFileSync(join(path, 'nodes.txt'), 'n0\n')
    expect(await printed(path)).toBe('no node is drained\n')
  })
  it('more nodes than --at-most are drained by nobody', async () => {
    const path = folder()
    writeFileSync(join(path, 'nodes.txt'), 'a\nb\n')
    await expect(printed(path, '--apply', '--at-most', '1')).rejects.toThrow(/2 nodes are more than --at-most 1/)
  })
  it.for([
    [['--verdicts', 'ok'], /--verdicts: received ok, allowed are missing, failed, slow/],
    [['--at-most', '0'], /--at-most: received 0/],
    [['--at-most', 'all'], /--at-most: received all/],
    [[], /received none/],
  ] as const)('%j is refused', ([argv, says]) => expect(printed(...argv)).rejects.toThrow(says))
  it('a node with a name that Slurm cannot have', async () => {
    const path = folder()
    writeFileSync(join(path, 'nodes.txt'), 'state=idle,n[1-9]\n')
    await expect(printed(path, '--apply')).rejects.toThrow(/is no name of a node/)
  })
})
