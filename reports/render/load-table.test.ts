import { describe, expect, it } from 'vitest'
import { summarize } from '../analysis/summary.ts'
import type { Trial } from '../run/schema.ts'
import { run, trial } from '../testing/recorded/builders.ts'
import { renderPage } from './html/page.ts'
import { renderTable } from './table.ts'

const LONG = 'podman-in-place.checkpoint-at-asleep-2.storage-tmpfs-huge'
const report = (loadOf: (scenario: string) => Trial['load'], ids = ['cold', LONG]) =>
  summarize(
    run(
      ids.map((id, index) => ({ id, baseline: index === 0 })),
      { iterations: 5, load: { concurrency: 1, seconds: 4, prompt: 1, output: 2, answers: 8, tolerance: 5 } },
    ),
    ids.flatMap(scenario =>
      Array.from({ length: 5 }, (_, index) => {
        const load = loadOf(scenario)
        return { ...trial({ scenario, trial: index + 1, sequence: index }), ...(load && { load }) }
      }),
    ),
  )
const figures = (rate: number, same = true): Trial['load'] => ({
  tokens: [rate, rate, rate, rate],
  requests: 4,
  ttft: { p50: 0.1, p99: 0.123 },
  inter_token: { p50: 0.01, p99: 0.025 },
  answers: [{ prompt: 'p', tokens: 8, same, ttft: 0.1 }],
})
const slower = report(scenario => (scenario === 'cold' ? figures(100) : figures(80, false)))

describe('the terminal', () => {
  it('has a row a scenario, with the verdict', () => {
    const text = renderTable(slower)
    expect(text).toMatch(/^Under load +tokens\/s +vs baseline 95 % +95 % in +TTFT p99 +token p99$/m)
    expect(text).toMatch(/^cold +100 +baseline +– +0\.12 +0\.025$/m)
    expect(text).toMatch(/…\S+ +80 +✗ 0\.80x 0\.80–0\.80 +never +0\.12 +0\.025$/m)
    expect(text.replace(/\s+/g, ' ')).toContain(`5 of 10 long answers were those of a fresh server; others in ${LONG}`)
    expect(text).toContain('FAIL: 1 scenario slower or failed under load')
  })
  it.each([80, 60, 48])('fits %s columns', columns => {
    for (const line of renderTable(slower, { columns }).split('\n'))
      expect(line.length, line).toBeLessThanOrEqual(columns)
  })
  it('says why a load failed', () =>
    expect(renderTable(report(() => ({ tokens: [], requests: 0, error: 'it died\nmore' }), ['cold']))).toContain(
      '5 of 5 loads of cold failed: it died',
    ))
})

it('the page has every figure', () => {
  const page = renderPage(slower)
  expect(page).toContain('id="load"')
  expect(page).toContain('80 80 80 80')
  expect(page).toContain('<span class="missed">✗\u00A0no</span>')
  expect(page).toMatch(/data-name="TTFT p99, s">0\.12</)
})

it('nothing is shown of a run without LOAD', () => {
  const without = report(() => undefined)
  expect(renderTable(without)).not.toContain('Under load')
  expect(renderPage(without)).not.toContain('id="load"')
})
