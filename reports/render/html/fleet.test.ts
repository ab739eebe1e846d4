import { describe, expect, it } from 'vitest'
import { madeReports } from '../../../helpers/testing/made-fleet.ts'
import { fleetOf } from '../../analysis/fleet/fleet.ts'
import { nodeRun } from '../../analysis/fleet/nodes.ts'
import type { Report } from '../../run/schema.ts'
import { renderFleetCtrf } from '../exports/fleet-ctrf.ts'
import { chromium, visit } from './browser.ts'
import { renderFleetPage } from './fleet.ts'

const runsOf = (reports: Report[], killed?: number) =>
  reports.map((report, i) => nodeRun(`gpu-${i}`, `/42/gpu-${i}`, report, { reported: i !== killed }))

/** Of every verdict one: gpu-3 is slow, gpu-5 was killed, gpu-7 lacks a scenario, gpu-99 has no run. */
function mixed(nodes: number) {
  const factor = (node: number) => (node === 3 ? 2 : 1)
  const reports = madeReports(nodes, { factor, fingerprint: node => ({ driver: node === 3 ? '550' : '580' }) })
  reports[5]!.interrupted = { trials: 7, of: 44 }
  Object.assign(reports[7]!.scenarios[4]!, { trials: [], outcome: 'skipped', reason: 'no <room>' })
  const expected = [...reports.map((_, i) => `gpu-${i}`), 'gpu-99']
  return fleetOf(runsOf(reports, 5), { expected, before: runsOf(madeReports(nodes, { factor: () => 0.7 })) })
}

/** Wider than the window? */
const WIDER = 'document.documentElement.scrollWidth > document.documentElement.clientWidth'

describe("a fleet's page", () => {
  it('names every node that somebody has to look at, and why', () => {
    const page = renderFleetPage(mixed(16))
    expect(page).toContain('<h1>2 missing, 1 failed, 1 slow, 13 ok</h1>')
    for (const words of [
      'no report: killed, or still running, after 7 of 44 trials',
      'no run of it was found',
      'podman-import/none was not measured: no &#60;room&#62;',
      'and 8 other scenarios',
    ])
      expect(page).toContain(words)
    expect(page).not.toContain('<room>')
  })
  it('of many nodes the slow ones alone are dots', () => {
    const dots = (nodes: number) => renderFleetPage(mixed(nodes)).match(/<circle/g)!.length / 3
    // eleven scenarios; one node lacks one
    expect([dots(16), dots(100)]).toEqual([11 * 16 - 1, 11])
  })
  it('of a fleet that has measured nothing', () => {
    const page = renderFleetPage(fleetOf([], { expected: ['a', 'b'] }))
    expect(page).toContain('<h1>2 missing</h1>')
    expect(page).not.toContain('<svg')
  })
  it.skipIf(!chromium)('fits a phone and a desk, and asks nobody for anything', { timeout: 60_000 }, async () => {
    const { seen, said, asked } = await visit(renderFleetPage(mixed(16)), { widths: [390, 1280], look: WIDER })
    expect([seen, said, asked]).toEqual([[false, false], [], []])
  })
})

describe("a fleet's CTRF", () => {
  const of = (fleet: Parameters<typeof renderFleetCtrf>[0]) => JSON.parse(renderFleetCtrf(fleet, 1000)).results
  it('a test for each node and each change; missing is a failure', () => {
    const { summary, tests } = of(mixed(16))
    expect(summary).toMatchObject({ tests: 17 + 11, passed: 13, failed: 4 + 11, skipped: 0, other: 0, start: 1000 })
    const named = (name: string) => tests.find((test: { name: string }) => test.name === name)
    expect(named('gpu-99')).toMatchObject({ status: 'failed', rawStatus: 'missing', duration: 0 })
    expect(named('gpu-5')).toMatchObject({ status: 'failed', message: expect.stringContaining('after 7 of 44 trials') })
    expect(named('gpu-3').message).toMatch(/^cold: .* s, \+\d+ % over its peers\n/)
    expect(named('cold')).toMatchObject({ status: 'failed', rawStatus: 'slower' })
  })
  it('what could not be judged is neither passed nor failed', () =>
    expect(of(fleetOf(runsOf(madeReports(1)))).summary).toMatchObject({ tests: 1, passed: 0, failed: 0, other: 1 }))
})
