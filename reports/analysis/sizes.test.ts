import { describe, expect, it, test } from 'vitest'
import type { Settings } from '../run/schema.ts'
import { run, trials } from '../testing/recorded/builders.ts'
import { leastSquares, sizesOf, sizesSchema } from './sizes.ts'
import { summarize } from './summary.ts'

interface Parts {
  day?: number
  model: string
  gb?: number
  gpu?: string | null
  command?: string
  bus?: number
  scenarios: { id: string; tfft: number; strategy?: 'cold' | 'podman-in-place'; settings?: Settings }[]
}

/** A report with four trials of each scenario, around these seconds. */
function report({ day = 1, model, gb, gpu = 'H200', command = `serve ${model}`, bus, scenarios }: Parts) {
  const made = run([])
  const identity = gb === undefined ? model : `${model}, ${gb * 1e9} bytes, 0123456789ab`
  const host = {
    ...made.host,
    fingerprint: { gpu, command, model: identity },
    facts: { 'pcie.bandwidth': bus ?? null },
  }
  const timestamp = `2026-10-${String(day).padStart(2, '0')}T04:00:00.000Z`
  return summarize(
    run(scenarios, { timestamp, host, engine: { ...made.engine, model } }),
    scenarios.flatMap(({ id, tfft, ...rest }) =>
      trials(
        [0.9, 1, 1, 1.2].map(share => share * tfft),
        { scenario: id, ...rest },
      ),
    ),
  )
}
const named = (all: Parts[]) => all.map((parts, index) => ({ path: `results/${index}`, report: report(parts) }))
const place = (tfft: number, id = 'best', settings: Settings = { pages: 'mapped', served: true }) => ({
  id: `podman-in-place/${id}`,
  strategy: 'podman-in-place' as const,
  settings,
  tfft,
})

describe('sizesOf', () => {
  it('has a series for each scenario of two sizes and more, with its line', () => {
    const sizes = sizesOf(
      named([
        { day: 1, model: 'small', gb: 3, bus: 63e9, scenarios: [place(0.56), { id: 'cold', tfft: 29 }] },
        { day: 2, model: 'medium', gb: 15, bus: 63e9, scenarios: [place(0.8)] },
        { day: 3, model: 'large', gb: 30, bus: 63e9, scenarios: [place(1.1)] },
      ]),
    )
    expect(sizes.series.map(({ scenario, host, points }) => [scenario, host, points.length])).toEqual([
      ['podman-in-place/best', 'H200', 3],
    ])
    const { line, points } = sizes.series[0]!
    expect(line).toMatchObject({ fixed: expect.closeTo(0.5), bytes_per_second: expect.closeTo(50e9, -3), sizes: 3 })
    expect(line.worst).toBeCloseTo(0)
    expect(points[1]).toMatchObject({ run: 1, p50: 0.8, min: expect.closeTo(0.72), max: expect.closeTo(0.96), n: 4 })
    expect(sizes.runs.map(({ model, bytes, bus }) => [model, bytes, bus])[2]).toEqual(['large', 30e9, 63e9])
    expect(sizesSchema.parse(JSON.parse(JSON.stringify(sizes)))).toEqual(sizes)
  })

  it('follows settings, not names, and calls a series as it was called last', () => {
    const other = { served: true, pages: 'mapped' }
    const sizes = sizesOf(
      named([
        { day: 2, model: 'large', gb: 30, scenarios: [place(1.1, 'best', other)] },
        { day: 1, model: 'small', gb: 3, scenarios: [place(0.5, 'levers'), place(0.7, 'plain', {})] },
      ]),
    )
    expect(sizes.series.map(({ scenario }) => scenario)).toEqual(['podman-in-place/best'])
    expect(sizes.series[0]!.points.map(({ scenario }) => scenario)).toEqual([
      'podman-in-place/levers',
      'podman-in-place/best',
    ])
  })

  it('keeps apart what another kind of host or another command line did', () => {
    const both = (parts: Partial<Parts>, day: number): Parts[] => [
      { day, model: 'small', gb: 3, scenarios: [place(0.5)], ...parts },
      { day: day + 1, model: 'large', gb: 30, scenarios: [place(1.1)], ...parts },
    ]
    const machines = sizesOf(named([...both({ gpu: 'H100' }, 1), ...both({ gpu: 'H200' }, 3)]))
    expect(machines.series.map(({ host }) => host)).toEqual(['H100', 'H200'])
    const [small, large] = both({}, 1)
    const flags = sizesOf(named([small!, { ...large!, command: 'serve large --quantization fp8' }]))
    expect(flags.series).toEqual([])
  })

  it('leaves out a run that does not say how many bytes its model has; one that is named twice counts once', () => {
    const all = named([
      { day: 1, model: 'small', gb: 3, scenarios: [place(0.5)] },
      { day: 2, model: 'large', gb: 30, scenarios: [place(1.1)] },
      { day: 3, model: 'named', scenarios: [place(1)] },
    ])
    const sizes = sizesOf([...all, { ...all[1]!, path: 'results/latest' }], [{ path: 'notes', why: 'no run' }])
    expect(sizes.runs.map(({ path }) => path)).toEqual(['results/0', 'results/1'])
    expect(sizes.left_out).toEqual([
      { path: 'notes', why: 'no run' },
      { path: 'results/2', why: "its fingerprint does not have the bytes of the model's files" },
    ])
  })
})

test('the line that least squares give; no speed where seconds do not grow, none at all for one size', () => {
  const line = leastSquares([
    { bytes: 0, seconds: 1 },
    { bytes: 0, seconds: 1.2 },
    { bytes: 10, seconds: 2 },
    { bytes: 20, seconds: 3.1 },
  ])!
  // by hand: the sums of products are 27.25 and 275
  expect(line.seconds_per_byte).toBeCloseTo(0.0991, 4)
  expect(line.fixed).toBeCloseTo(1.0818, 4)
  expect(line.worst).toBeCloseTo(0.1182, 4)
  const falling = leastSquares([
    { bytes: 1, seconds: 2 },
    { bytes: 3, seconds: 1 },
  ])
  expect(falling).toMatchObject({ bytes_per_second: null, seconds_per_byte: -0.5, fixed: 2.5, sizes: 2 })
  expect(
    leastSquares([
      { bytes: 5, seconds: 1 },
      { bytes: 5, seconds: 2 },
    ]),
  ).toBeUndefined()
  expect(leastSquares([])).toBeUndefined()
})

test('files that differ by a few bytes are one size', () => {
  const points = [
    { bytes: 29_542_802_634, seconds: 1.06 },
    { bytes: 29_542_802_642, seconds: 1.11 },
  ]
  expect(leastSquares(points)).toBeUndefined()
  expect(leastSquares([...points, { bytes: 29_700_000_000, seconds: 1.1 }])).toBeUndefined()
  expect(leastSquares([...points, { bytes: 29_900_000_000, seconds: 1.2 }])).toMatchObject({ sizes: 2 })
  expect(leastSquares([{ bytes: 3_090_132_592, seconds: 0.5 }, ...points])).toMatchObject({
    sizes: 2,
    fixed: expect.closeTo(0.432, 3),
  })
})
