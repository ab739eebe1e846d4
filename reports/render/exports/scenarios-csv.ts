import type { Report, Scenario } from '../../run/schema.ts'
import type { ReportFormat } from '../report-format.ts'
import { type Columns, csv } from './csv.ts'

export const scenariosCsv: ReportFormat = {
  name: 'a table of scenarios',
  file: 'scenarios.csv',
  render: renderScenariosCsv,
}

/** A line for each scenario that was asked for; seconds and bytes. */
export function renderScenariosCsv({ scenarios }: Report): string {
  return csv(scenarios, COLUMNS)
}

const COLUMNS: Columns<Scenario> = {
  scenario: one => one.id,
  strategy: one => one.strategy,
  settings: one => JSON.stringify(one.settings),
  outcome: one => one.outcome,
  reason: one => one.reason,
  n: one => one.n,
  failed: one => one.failed,
  tfft_p50: one => one.tfft?.p50,
  tfft_ci95_low: one => one.tfft?.ci95[0],
  tfft_ci95_high: one => one.tfft?.ci95[1],
  tfft_min: one => one.tfft?.min,
  tfft_max: one => one.tfft?.max,
  baseline: one => one.versus_baseline?.scenario,
  baseline_p50: one => one.versus_baseline?.p50,
  speedup: one => one.versus_baseline?.speedup,
  speedup_ci95_low: one => one.versus_baseline?.ci95[0],
  speedup_ci95_high: one => one.versus_baseline?.ci95[1],
  inference_tfft: one => one.inference_tfft,
  health: one => one.health,
  tokens_per_second: one => one.tokens_per_second,
  tokens_match: one => one.tokens_match,
  checkpoint_bytes: one => one.checkpoint?.bytes,
  checkpoint_create_time: one => one.checkpoint?.create_time,
  held_dram: one => one.memory?.dram,
  held_gpu: one => one.memory?.gpu,
  held_disk: one => one.memory?.disk,
}
