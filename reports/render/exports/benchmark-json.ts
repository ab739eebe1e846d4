import { range } from '../../run/format.ts'
import type { Report } from '../../run/schema.ts'
import type { ReportFormat } from '../report-format.ts'

export const benchmarkJson: ReportFormat = {
  name: 'github-action-benchmark',
  file: 'benchmark.json',
  render: renderBenchmark,
}

/**
 * What github-action-benchmark reads with `tool: customSmallerIsBetter`: TFFT p50 of each measured scenario, in
 * seconds.
 * Speedups are left out: there, more is better. Format:
 * https://github.com/benchmark-action/github-action-benchmark#readme
 */
export function renderBenchmark(report: Report): string {
  const entries = report.scenarios.flatMap(({ id, tfft, n, phases }) =>
    tfft
      ? [
          {
            name: `TFFT ${id}`,
            unit: 's',
            value: round(tfft.p50),
            range: range(tfft.min, tfft.max),
            extra: [`n = ${n}`, ...phases.map(phase => `${phase.name} ${round(phase.p50)} s`)].join('\n'),
          },
        ]
      : [],
  )
  return `${JSON.stringify(entries, undefined, 2)}\n`
}

/** To a tenth of a millisecond, which is finer than the prober. */
const round = (value: number) => Math.round(value * 10_000) / 10_000
