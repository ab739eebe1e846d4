import type { Report, Scenario } from '../../run/schema.ts'
import type { ReportFormat } from '../report-format.ts'

export const openMetrics: ReportFormat = { name: 'OpenMetrics', file: 'metrics.prom', render: renderOpenMetrics }

/**
 * OpenMetrics text that the textfile collector of Prometheus' node exporter reads as well: gauges without time stamps,
 * which it refuses. Seconds, bytes and ratios.
 * Format: https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md
 */
export function renderOpenMetrics(report: Report): string {
  const run = { engine: report.engine.name, model: report.engine.model }
  const families = FAMILIES.flatMap(({ name, help, unit, samples }) => {
    const lines = report.scenarios.flatMap(scenario =>
      samples(scenario).map(([labels, value]) => sample(name, { scenario: scenario.id, ...run, ...labels }, value)),
    )
    return lines.length === 0 ? [] : [...head(name, help, unit), ...lines]
  })
  const about = { ...run, version: report.engine.version ?? '', verdict: report.verdict }
  return `${[
    ...families,
    ...head('criu_gpu_bench_run_timestamp_seconds', 'When the run began, Unix time.', 'seconds'),
    sample('criu_gpu_bench_run_timestamp_seconds', about, Date.parse(report.timestamp) / 1000),
    '# EOF',
  ].join('\n')}\n`
}

type Sample = [labels: Record<string, string>, value: number]

interface FamilyOfMetrics {
  name: string
  help: string
  unit?: string
  samples(scenario: Scenario): Sample[]
}

const FAMILIES: FamilyOfMetrics[] = [
  {
    name: 'criu_gpu_bench_tfft_seconds',
    help: 'Time from the start command to the first token, by statistic over the trials that counted.',
    unit: 'seconds',
    samples: ({ tfft }) =>
      tfft
        ? [
            [{ stat: 'p50' }, tfft.p50],
            [{ stat: 'min' }, tfft.min],
            [{ stat: 'max' }, tfft.max],
            [{ stat: 'ci95_low' }, tfft.ci95[0]],
            [{ stat: 'ci95_high' }, tfft.ci95[1]],
          ]
        : [],
  },
  {
    name: 'criu_gpu_bench_phase_seconds',
    help: 'Median of each phase of a start.',
    unit: 'seconds',
    samples: ({ phases }) => phases.map(({ name, p50 }): Sample => [{ phase: name }, p50]),
  },
  {
    name: 'criu_gpu_bench_speedup_ratio',
    help: 'Median of the baseline of the same group over the median of the scenario.',
    unit: 'ratio',
    samples: ({ versus_baseline: versus }) => (versus ? [[{ baseline: versus.scenario }, versus.speedup]] : []),
  },
  {
    name: 'criu_gpu_bench_trials',
    help: 'Trials by outcome.',
    samples: ({ n, failed }) => [
      [{ outcome: 'ok' }, n],
      [{ outcome: 'failed' }, failed],
    ],
  },
  {
    name: 'criu_gpu_bench_held_bytes',
    help: 'Bytes held while the server is away, by place.',
    unit: 'bytes',
    samples: ({ memory = {} }) => Object.entries(memory).map(([place, size]): Sample => [{ place }, size]),
  },
]

const head = (name: string, help: string, unit?: string) => [
  `# TYPE ${name} gauge`,
  ...(unit ? [`# UNIT ${name} ${unit}`] : []),
  `# HELP ${name} ${help}`,
]

const sample = (name: string, labels: Record<string, string>, value: number) =>
  `${name}{${Object.entries(labels).map(([key, text]) => `${key}="${escaped(text)}"`)}} ${value}`

const escaped = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
