import type { Trial } from '../../run/schema.ts'
import type { Recorded, ReportFormat } from '../report-format.ts'
import { type Columns, csv } from './csv.ts'

export const trialsCsv: ReportFormat = {
  name: 'a table of trials',
  file: 'trials.csv',
  render: (_, recorded) => renderTrialsCsv(recorded),
}

/** A line for each trial in the order of the file, failed ones too; times in seconds, a column for each phase. */
export function renderTrialsCsv({ trials }: Recorded): string {
  const phases = [...new Set(trials.flatMap(trial => trial.phases.map(({ name }) => name)))]
  return csv(trials, { ...COLUMNS, ...Object.fromEntries(phases.map(name => [`phase.${name}`, spentIn(name)])) })
}

const COLUMNS: Columns<Trial> = {
  timestamp: trial => trial.timestamp,
  group: trial => trial.group,
  sequence: trial => trial.sequence,
  scenario: trial => trial.scenario,
  strategy: trial => trial.strategy,
  settings: trial => JSON.stringify(trial.settings),
  type: trial => trial.type,
  model: trial => trial.model,
  trial: trial => trial.trial,
  outcome: trial => trial.outcome,
  tfft: trial => trial.total_cold_start_tfft,
  inference_tfft: trial => trial.inference_tfft,
  container_start_time: trial => trial.container_start_time,
  model_load_time: trial => trial.model_load_time,
  full_response_time: trial => trial.full_response_time,
  tokens_per_second: trial => trial.tokens_per_second,
  tokens_match: trial => trial.tokens_match,
  error: trial => trial.error,
  unattributed: trial => trial.unattributed,
}

/** A phase that occurs twice counts with its sum; empty where a trial has none of it. */
const spentIn =
  (name: string) =>
  ({ phases }: Trial): number | undefined => {
    const own = phases.filter(phase => phase.name === name)
    return own.length === 0 ? undefined : own.reduce((sum, { duration }) => sum + duration, 0)
  }
