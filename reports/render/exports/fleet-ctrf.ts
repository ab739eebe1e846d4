import type { Fleet } from '../../analysis/fleet/fleet.ts'
import { change, exactSeconds } from '../../run/format.ts'

type Status = 'passed' | 'failed' | 'other'

/** What could not be judged ran, and neither passed nor failed. */
const STATUS: Record<Fleet['nodes'][number]['verdict'], Status> = {
  ok: 'passed',
  slow: 'failed',
  failed: 'failed',
  missing: 'failed',
  'cannot-tell': 'other',
}

/**
 * A fleet in the Common Test Report Format: a test for each node, and for each scenario that was measured before a
 * change, too. Its duration is what the node's trials took, in milliseconds.
 * Format: https://ctrf.io/docs/specification/overview
 * @param merged when, milliseconds since 1970
 */
export function renderFleetCtrf(fleet: Fleet, merged: number): string {
  const tests = [...fleet.nodes.map(nodeTest), ...fleet.groups.flatMap(changeTests)]
  const number = (status: Status) => tests.filter(test => test.status === status).length
  const counts = { passed: number('passed'), failed: number('failed'), other: number('other') }
  const summary = { tests: tests.length, ...counts, skipped: 0, pending: 0, start: merged, stop: merged }
  const document = {
    reportFormat: 'CTRF',
    specVersion: '0.0.0',
    timestamp: new Date(merged).toISOString(),
    generatedBy: 'criu-gpu-bench',
    results: { tool: { name: 'criu-gpu-bench' }, summary, tests },
  }
  return JSON.stringify(document, undefined, 2)
}

function nodeTest({ node, verdict, why, paths, scenarios }: Fleet['nodes'][number]) {
  const slow = scenarios.filter(one => one.verdict === 'slow')
  const message =
    verdict === 'slow'
      ? slow.map(one => `${one.scenario}: ${exactSeconds(one.p50)} s, ${change(one.change)} over its peers`).join('\n')
      : why.join('\n')
  return {
    name: node,
    status: STATUS[verdict],
    duration: Math.round(1000 * scenarios.reduce((sum, { p50, n }) => sum + p50 * n, 0)),
    suite: ['nodes'],
    rawStatus: verdict,
    ...(message && { message }),
    ...(paths.length > 0 && { extra: { runs: paths } }),
  }
}

const changeTests = ({ name, before }: Fleet['groups'][number]) =>
  (before?.scenarios ?? []).map(({ scenario, verdict, before: from, after, change: by }) => ({
    name: scenario,
    status: ({ slower: 'failed', 'cannot-tell': 'other' } as Record<string, Status>)[verdict] ?? 'passed',
    duration: Math.round(1000 * after),
    suite: ['before and after', name],
    rawStatus: verdict,
    message: `${exactSeconds(from)} s before, ${exactSeconds(after)} s after (${change(by)} by node)`,
  }))
