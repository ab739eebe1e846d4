import { z } from 'zod'
import { changePoints, leastValues } from '../../helpers/core/change-points.ts'
import { median } from '../../helpers/core/statistics.ts'
import { halfTimeSchema, type Report } from '../run/schema.ts'

/** How often a history without any step may be said to have one, all of its series together. */
const LEVEL = 0.05

const changeSchema = z.object({ name: z.string(), from: z.string().nullable(), to: z.string().nullable() })

const stepSchema = z.object({
  /** Index into `runs` of the first run after the step. */
  run: z.number().int().nonnegative(),
  /** Medians of the runs' medians before it, back to the step before, and after it, up to the next. */
  before: z.number().positive(),
  after: z.number().positive(),
  /** after / before - 1 */
  change: z.number(),
  p_value: z.number(),
})

const seriesSchema = z.object({
  engine: z.string(),
  model: z.string(),
  /** GPU, or CPU where there is none. */
  host: z.string(),
  scenario: z.string(),
  points: z.array(
    z.object({
      run: z.number().int().nonnegative(),
      p50: z.number().positive(),
      ci95: z.tuple([z.number(), z.number()]),
      n: z.number().int().positive(),
    }),
  ),
  steps: z.array(stepSchema),
})
export type Series = z.infer<typeof seriesSchema>
export type Step = z.infer<typeof stepSchema>

/** `history.json`: TFFT by scenario over runs, oldest first. Seconds. */
export const historySchema = z.object({
  schema: z.literal('criu-gpu-bench/history@1'),
  /** Of each series' test, so that all together are wrong no more often than `level`. */
  level: z.number(),
  series_level: z.number(),
  /** Runs that a series needs before it can show a step. */
  least_runs: z.number().int(),
  runs: z.array(
    z.object({
      path: z.string(),
      timestamp: z.iso.datetime(),
      engine: z.string(),
      version: z.string().nullable(),
      model: z.string(),
      host: z.string(),
      /** What differs in the fingerprint from the run before it of the same engine, model and host. */
      changes: z.array(changeSchema),
      /** Of a run that ended. */
      half_time: halfTimeSchema.optional(),
    }),
  ),
  series: z.array(seriesSchema),
  /** What was named and is no run that measured anything. */
  left_out: z.array(z.object({ path: z.string(), why: z.string() })),
})
export type History = z.infer<typeof historySchema>
type HistoryRun = History['runs'][number]

export interface NamedReport {
  path: string
  report: Report
}

/** A history of runs in any order; a run that is named twice, as through `latest`, counts once. Pure. */
export function historyOf(named: NamedReport[], leftOut: History['left_out'] = []): History {
  const reports = [...new Map(named.toReversed().map(one => [one.report.timestamp, one])).values()].toSorted((a, b) =>
    a.report.timestamp < b.report.timestamp ? -1 : 1,
  )
  const runs = reports.map((one, index) => runOf(one, before(reports, index)))
  const bare = seriesOf(reports, runs)
  // Bonferroni's correction, over the series that are long enough to be tested at all
  const tested = bare.filter(({ points }) => points.length >= leastValues(LEVEL))
  const level = LEVEL / Math.max(1, tested.length)
  return {
    schema: 'criu-gpu-bench/history@1',
    level: LEVEL,
    series_level: level,
    least_runs: leastValues(level),
    runs,
    series: bare.map(series => ({ ...series, steps: stepsOf(series.points, level) })),
    left_out: leftOut,
  }
}

const trackOf = ({ engine, host }: Report) =>
  [engine.name, engine.model, host.fingerprint.gpu ?? host.fingerprint.cpu ?? 'unknown host'] as const

/** The last run before this one of the same engine, model and host. */
const before = (reports: NamedReport[], index: number): Report | undefined =>
  reports
    .slice(0, index)
    .findLast(({ report }) => trackOf(report).join('\n') === trackOf(reports[index]!.report).join('\n'))?.report

function runOf({ path, report }: NamedReport, earlier: Report | undefined): HistoryRun {
  const [engine, model, host] = trackOf(report)
  const [now, then] = [report, earlier ?? report].map(one => one.host.fingerprint)
  const names = [...new Set([...Object.keys(then!), ...Object.keys(now!)])].sort()
  return {
    path,
    timestamp: report.timestamp,
    engine,
    version: report.engine.version,
    model,
    host,
    changes: names
      .map(name => ({ name, from: then![name] ?? null, to: now![name] ?? null }))
      .filter(({ from, to }) => from !== to),
    ...(report.half_time && { half_time: report.half_time }),
  }
}

function seriesOf(reports: NamedReport[], runs: HistoryRun[]): Omit<Series, 'steps'>[] {
  const all = new Map<string, Omit<Series, 'steps'>>()
  for (const [run, { report }] of reports.entries()) {
    const { engine, model, host } = runs[run]!
    for (const { id: scenario, tfft, n } of report.scenarios) {
      if (!tfft) continue
      const key = [engine, model, host, scenario].join('\n')
      const series = all.get(key) ?? { engine, model, host, scenario, points: [] }
      series.points.push({ run, p50: tfft.p50, ci95: tfft.ci95, n })
      all.set(key, series)
    }
  }
  return [...all.values()].toSorted((a, b) => compare(trackName(a), trackName(b)))
}

const trackName = ({ engine, model, host }: Pick<Series, 'engine' | 'model' | 'host'>) => `${engine}\n${model}\n${host}`
const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

/** Ratios matter, not differences: a step from 1 s to 2 s is as high as one from 10 s to 20 s. */
function stepsOf(points: Series['points'], level: number): Step[] {
  const found = changePoints(
    points.map(({ p50 }) => Math.log(p50)),
    level,
  )
  const ends = [0, ...found.map(({ index }) => index), points.length]
  const level50 = (side: number) => median(points.slice(ends[side], ends[side + 1]).map(({ p50 }) => p50))
  return found.map(({ index, p }, step) => {
    const [low, high] = [level50(step), level50(step + 1)]
    return { run: points[index]!.run, before: low, after: high, change: high / low - 1, p_value: p }
  })
}
