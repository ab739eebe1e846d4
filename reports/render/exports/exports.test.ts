import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { summarize } from '../../analysis/summary.ts'
import { failedTrial, recorded, run, trials } from '../../testing/recorded/builders.ts'
import { makeReport } from '../write.ts'
import { csv } from './csv.ts'
import { renderCtrf } from './ctrf.ts'
import { renderJunit } from './junit.ts'
import { renderOpenMetrics } from './openmetrics.ts'
import { renderScenariosCsv } from './scenarios-csv.ts'
import { renderScenariosMarkdown } from './scenarios-markdown.ts'
import { renderTrialsCsv } from './trials-csv.ts'

const of = (all: { run: ReturnType<typeof run>; trials: ReturnType<typeof trials> }) => ({
  report: summarize(all.run, all.trials),
  recorded: all,
})
const real = of(recorded('without-gpu'))
const target = { metric: 'tfft.p50' as const, scenario: 'a,"b"\n', limit: 0.5 }
const odd = of({
  run: run([{ id: 'a,"b"\n' }, { id: 'c', skipped: 'no GPU' }], {
    targets: [
      { ...target, kind: 'must' },
      { ...target, kind: 'goal' },
    ],
  }),
  trials: [
    ...trials([1, 2, 3, 4], { scenario: 'a,"b"\n' }),
    failedTrial({ scenario: 'a,"b"\n', trial: 5, sequence: 9, error: 'x | y\nz' }),
  ],
})

/** Reads RFC 4180 with a scanner of its own. */
function parsed(text: string): string[][] {
  const cells = [...text.matchAll(/("(?:[^"]|"")*"|[^,\r]*)(,|\r\n)/g)]
  const rows: string[][] = [[]]
  for (const [, cell = '', end] of cells) {
    rows.at(-1)!.push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell)
    if (end === '\r\n') rows.push([])
  }
  return rows.slice(0, -1)
}
const records = (text: string) => {
  const [head, ...rows] = parsed(text)
  return rows.map(row => Object.fromEntries(row.map((cell, index) => [head![index]!, cell])))
}

describe('CSV', () => {
  it('keeps commas, quotes and line breaks of a cell', () => {
    const cells = ['a', 'b,c', 'd "e"', 'f\ng', '']
    expect(parsed(csv([cells], Object.fromEntries(cells.map((_, index) => [`x${index}`, row => row[index]]))))).toEqual(
      [['x0', 'x1', 'x2', 'x3', 'x4'], cells],
    )
  })
  it('has every trial with all of its phases, failed ones too', () => {
    for (const { recorded } of [real, odd]) {
      const rows = records(renderTrialsCsv(recorded))
      expect(rows.map(row => [row.scenario, row.outcome, Number(row.tfft)])).toEqual(
        recorded.trials.map(one => [one.scenario, one.outcome, one.total_cold_start_tfft ?? 0]),
      )
      for (const [index, row] of rows.entries()) {
        const spent = Object.entries(row).filter(([name]) => name.startsWith('phase.') || name === 'unattributed')
        const sum = spent.reduce((total, [, value]) => total + Number(value), 0)
        const { phases, unattributed } = recorded.trials[index]!
        expect(sum).toBeCloseTo(
          phases.reduce((total, { duration }) => total + duration, unattributed ?? 0),
          9,
        )
      }
    }
  })
  it('has every scenario, also one that was skipped', () => {
    for (const { report } of [real, odd])
      expect(
        records(renderScenariosCsv(report)).map(row => [row.scenario, row.outcome, row.n, Number(row.tfft_p50)]),
      ).toEqual(report.scenarios.map(one => [one.id, one.outcome, String(one.n), one.tfft?.p50 ?? 0]))
  })
})

it('a Markdown table has a row for each scenario, as many cells in each, and breaks nowhere', () => {
  for (const { report } of [real, odd]) {
    const lines = renderScenariosMarkdown(report).trim().split('\n').slice(2)
    expect(lines).toHaveLength(2 + report.scenarios.length)
    expect(new Set(lines.map(line => line.split(/(?<!\\)\|/).length)).size).toBe(1)
  }
})

describe('CTRF', () => {
  const schema = z.fromJSONSchema(
    JSON.parse(readFileSync(join(import.meta.dirname, '../../testing/schemas/ctrf-0.0.json'), 'utf8')),
  )
  const ctrf = ({ report, recorded }: typeof real) => JSON.parse(renderCtrf(report, recorded))
  it('is what its schema wants, and less is not', () => {
    for (const one of [real, odd, of({ run: run([]), trials: [] })])
      expect(schema.safeParse(ctrf(one)).error).toBeUndefined()
    const { summary, ...less } = ctrf(real).results
    expect(schema.safeParse({ ...ctrf(real), results: less }).success).toBe(false)
    expect(schema.safeParse({ ...ctrf(real), results: { summary, ...less, tests: [{ name: 'a' }] } }).success).toBe(
      false,
    )
  })
  it('counts what it lists; a missed goal is no failure', () => {
    const { tests, summary } = ctrf(odd).results as {
      tests: { name: string; status: string; labels?: { kind: string } }[]
      summary: Record<string, number>
    }
    expect(tests.map(({ status, labels }) => [status, labels?.kind])).toEqual([
      ['failed', undefined],
      ['failed', 'must'],
      ['other', 'goal'],
      ['skipped', undefined],
    ])
    expect(summary).toMatchObject({ tests: 4, passed: 0, failed: 2, skipped: 1, other: 1 })
  })
})

describe('OpenMetrics', () => {
  const LINE = /^[a-z_]+\{(?:[a-z]\w*="(?:[^"\\\n]|\\[\\"n])*",?)+\} (?:\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/
  it('has families with a type each, samples of them alone, and an end', () => {
    for (const { report } of [real, odd]) {
      const lines = renderOpenMetrics(report).split('\n')
      expect(lines.slice(-2)).toEqual(['# EOF', ''])
      let family = ''
      for (const line of lines.slice(0, -2)) {
        if (line.startsWith('# TYPE ')) family = line.split(' ')[2]!
        else if (line.startsWith('# ')) expect(line.split(' ')[2]).toBe(family)
        else {
          expect(line).toMatch(LINE)
          expect(line.startsWith(`${family}{`)).toBe(true)
        }
      }
      const samples = lines.filter(line => line !== '' && !line.startsWith('#')).map(line => line.replace(/ \S+$/, ''))
      expect(new Set(samples).size, 'no sample stands twice').toBe(samples.length)
    }
  })
  it('says the median of each measured scenario', () => {
    for (const { id, tfft } of real.report.scenarios.filter(one => one.tfft))
      expect(renderOpenMetrics(real.report)).toMatch(
        new RegExp(`tfft_seconds\\{scenario="${id.replaceAll('.', '\\.')}",[^}]*stat="p50"\\} ${tfft!.p50}\n`),
      )
  })
})

describe('several servers in JUnit and CTRF', () => {
  const { report, ...recorded } = makeReport(
    join(import.meta.dirname, '../../../docs/results/no-gpu-2026-11-26/8-clones'),
  )
  const four = report.scenarios.find(({ id }) => id === 'clones/four')!.servers!
  const figures = {
    'servers.first': four.first,
    'servers.median': four.median,
    'servers.last': four.last,
    'servers.slowdown': four.versus_one!.slowdown,
    'servers.further_memory': four.versus_one!.further_memory,
  }

  it('has their times and what they cost, at the scenario and at each target', () => {
    const { tests } = JSON.parse(renderCtrf(report, recorded)).results
    const extra = (name: string) => tests.find((one: { name: string }) => one.name === name).extra
    expect(extra('clones/four')).toEqual(figures)
    expect(extra('clones/four: servers.slowdown <= 3.00x')).toEqual({ 'servers.slowdown': four.versus_one!.slowdown })
    const xml = renderJunit(report)
    for (const [name, value] of Object.entries(figures))
      expect(xml).toContain(`<property name="${name}" value="${value}"/>`)
  })

  it('says of a scenario with one server nothing of the kind', () => {
    expect(renderJunit(real.report)).not.toContain('servers.')
  })
})
