import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { makeReport } from '../write.ts'
import { renderPage } from './page.ts'
import { swapsOf } from './swaps.ts'

const results = resolve(import.meta.dirname, '../../../docs/results/no-gpu-2026-11-26')
const { report, ...recorded } = makeReport(join(results, '4-swap'))

test('bytes and models of each way are those of its trials', () => {
  const swaps = swapsOf(report.scenarios, recorded.trials)
  expect(swaps.map(({ id }) => id)).toEqual(['swap/cold', 'swap/restore', 'swap/restore-killed'])
  for (const { id, models, away } of swaps) {
    const own = recorded.trials.filter(trial => trial.scenario === id)
    const seen = own.flatMap(({ evidence }) => evidence['swap.models'] ?? [])
    // nothing but the disk limits what is away and holds nothing
    if (models === undefined) expect(seen).toEqual([])
    else expect(seen).toEqual(expect.arrayContaining([Math.floor(models)]))
    expect(away.dram > 0).toBe(models !== undefined)
  }
})

test('a trial that failed says nothing of what a host holds', () => {
  const failed = recorded.trials.map(trial => ({ ...trial, outcome: 'failed' as const }))
  for (const { models, serving } of swapsOf(report.scenarios, failed)) {
    expect(models).toBeUndefined()
    expect(serving).toEqual({ dram: 0, gpu: 0 })
  }
})

test('the page shows them, and from when the clock runs', () => {
  const page = renderPage(report, recorded)
  expect(page).toContain('id="swaps"')
  expect(page).toContain('from the request for the other model')
  expect(page).not.toContain('from the start command to the first token;')
})

test('a run without swaps has no such part', () => {
  const { report, ...recorded } = makeReport(join(results, '8-clones'))
  expect(renderPage(report, recorded)).not.toContain('id="swaps"')
})
