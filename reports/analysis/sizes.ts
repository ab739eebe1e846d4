import { z } from 'zod'
import { fileBytes } from '../../helpers/fingerprint/model-identity.ts'
import { type Report, type Scenario, settingsSchema } from '../run/schema.ts'
import type { NamedReport } from './history.ts'

const pointSchema = z.object({
  /** Index into `runs`. */
  run: z.number().int().nonnegative(),
  /** What the scenario was called in that run. */
  scenario: z.string(),
  p50: z.number().positive(),
  min: z.number().positive(),
  max: z.number().positive(),
  n: z.number().int().positive(),
})

/** Least squares over the medians: seconds = fixed + seconds_per_byte * bytes. */
const lineSchema = z.object({
  fixed: z.number(),
  seconds_per_byte: z.number(),
  /** Null where seconds do not grow with bytes. */
  bytes_per_second: z.number().positive().nullable(),
  /** How many sizes it was fitted to, which differ by more than 1 %: through two any line goes. */
  sizes: z.number().int().min(2),
  /** How far the median farthest from it lies, in seconds. */
  worst: z.number().nonnegative(),
})
export type Line = z.infer<typeof lineSchema>

const seriesSchema = z.object({
  engine: z.string(),
  version: z.string().nullable(),
  /** GPU, or CPU where there is none. */
  host: z.string(),
  strategy: z.string(),
  settings: settingsSchema,
  /** Its newest name. */
  scenario: z.string(),
  points: z.array(pointSchema),
  line: lineSchema,
})
export type SizeSeries = z.infer<typeof seriesSchema>

/** `sizes.json`: TFFT against the bytes of the model's files. Seconds, bytes. */
export const sizesSchema = z.object({
  schema: z.literal('criu-gpu-bench/sizes@1'),
  runs: z.array(
    z.object({
      path: z.string(),
      timestamp: z.iso.datetime(),
      model: z.string(),
      bytes: z.number().int().positive(),
      /** What the GPU's bus carries by its generation and width, in bytes per second; null without a GPU. */
      bus: z.number().positive().nullable(),
    }),
  ),
  series: z.array(seriesSchema),
  left_out: z.array(z.object({ path: z.string(), why: z.string() })),
})
export type Sizes = z.infer<typeof sizesSchema>
export type SizeRun = Sizes['runs'][number]

/**
 * Series of at least two sizes: one engine, version, kind of host and command line, one strategy with the same
 * settings, whatever it was called. Pure. @param named a run that is named twice counts once
 */
export function sizesOf(named: NamedReport[], leftOut: Sizes['left_out'] = []): Sizes {
  const unique = [...new Map(named.toReversed().map(one => [one.report.timestamp, one])).values()]
  const sized = unique.flatMap(({ path, report }) => {
    const bytes = fileBytes(report.host.fingerprint.model)
    return bytes === undefined ? [] : [{ path, report, bytes }]
  })
  const inOrder = sized.toSorted((a, b) => (a.report.timestamp < b.report.timestamp ? -1 : 1))
  const unsized = unique.filter(({ report }) => fileBytes(report.host.fingerprint.model) === undefined)
  const runs = inOrder.map(({ path, report, bytes }): SizeRun => {
    const bus = report.host.facts['pcie.bandwidth']
    return {
      path,
      timestamp: report.timestamp,
      model: report.engine.model,
      bytes,
      bus: typeof bus === 'number' ? bus : null,
    }
  })
  return {
    schema: 'criu-gpu-bench/sizes@1',
    runs,
    series: seriesOf(
      inOrder.map(({ report }) => report),
      runs,
    ),
    left_out: [
      ...leftOut,
      ...unsized.map(({ path }) => ({ path, why: "its fingerprint does not have the bytes of the model's files" })),
    ],
  }
}

function seriesOf(reports: Report[], runs: SizeRun[]): SizeSeries[] {
  const measured = reports.flatMap((report, run) =>
    report.scenarios.flatMap(scenario => (scenario.tfft ? [{ report, run, scenario }] : [])),
  )
  const groups = Map.groupBy(measured, ({ report, scenario }) => keyOf(report, scenario))
  return [...groups.values()].flatMap((own): SizeSeries[] => {
    const points = own.map(({ run, scenario: { id, n, tfft } }) => {
      const { p50, min, max } = tfft!
      return { run, scenario: id, p50, min, max, n }
    })
    const line = leastSquares(points.map(({ run, p50 }) => ({ bytes: runs[run]!.bytes, seconds: p50 })))
    if (!line) return []
    const { report, scenario } = own.at(-1)!
    const { name: engine, version } = report.engine
    const { id, strategy, settings } = scenario
    return [{ engine, version, host: hostOf(report), strategy, settings, scenario: id, points, line }]
  })
}

const hostOf = ({ host: { fingerprint } }: Report) => fingerprint.gpu ?? fingerprint.cpu ?? 'unknown host'

/** What must be the same for two sizes to stand on one line; the model's name in the command is none of it. */
function keyOf(report: Report, { strategy, settings }: Pick<Scenario, 'strategy' | 'settings'>): string {
  const { name, version, model } = report.engine
  const command = report.host.fingerprint.command?.replaceAll(model, 'MODEL')
  const inOrder = Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify([name, version, hostOf(report), command, strategy, inOrder])
}

/** Smaller differences are not another size: a model's configuration differs by a few bytes. */
const SAME_SIZE = 0.01

function sizeCount(all: number[]): number {
  const begins: number[] = []
  for (const bytes of all.toSorted((a, b) => a - b)) {
    const begin = begins.at(-1)
    if (begin === undefined || bytes > begin * (1 + SAME_SIZE)) begins.push(bytes)
  }
  return begins.length
}

/** Undefined for fewer than two sizes, which differ by more than 1 %. */
export function leastSquares(points: { bytes: number; seconds: number }[]): Line | undefined {
  const sizes = sizeCount(points.map(({ bytes }) => bytes))
  if (sizes < 2) return undefined
  const mean = (of: (point: { bytes: number; seconds: number }) => number) =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length
  const [bytes, seconds] = [mean(point => point.bytes), mean(point => point.seconds)]
  const slope =
    mean(point => (point.bytes - bytes) * (point.seconds - seconds)) / mean(point => (point.bytes - bytes) ** 2)
  const fixed = seconds - slope * bytes
  return {
    fixed,
    seconds_per_byte: slope,
    bytes_per_second: slope > 0 ? 1 / slope : null,
    sizes,
    worst: Math.max(...points.map(point => Math.abs(point.seconds - fixed - slope * point.bytes))),
  }
}
