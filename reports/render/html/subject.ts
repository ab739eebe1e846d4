import type { Report, Scenario } from '../../run/schema.ts'

/** What was measured, on what: the second line of the page, without which the seconds of the first say nothing. */

/** Ids of results from before scenarios had names are as long as their settings; they begin with their strategy. */
const LONG = 40
export const shortName = (id: string): string => (id.length > LONG ? id.split(/[./]/)[0]! : id)

/**
 * Engine, model, GPU and what was compared: `vllm 0.26.0 with qwen2-1.5b on NVIDIA H200: podman-in-place/best against
 * cold`.
 */
export function subject(report: Report, fastest: Scenario | undefined): string {
  const { engine, host } = report
  const { name, version, model } = engine
  const on = `${[name, version].filter(Boolean).join(' ')} with ${model}${where(host.fingerprint)}`
  if (!fastest) return on
  return `${on}: ${shortName(fastest.id)}${compared(report, fastest)}`
}

/** What others were compared with and did not beat. */
export const isUnbeaten = ({ scenarios }: Report, { id }: Scenario): boolean =>
  scenarios.some(({ versus_baseline: versus }) => versus?.scenario === id)

function compared(report: Report, fastest: Scenario): string {
  const against = fastest.versus_baseline?.scenario
  if (against) return ` against ${shortName(against)}`
  return isUnbeaten(report, fastest) ? ', the baseline, was fastest' : ', without a cold start to compare with'
}

function where({ gpu, cpu }: Report['host']['fingerprint']): string {
  if (gpu) return ` on ${cards(gpu)}`
  return `, no GPU${cpu ? ` (${cpu})` : ''}`
}

/** Several cards of a kind as `2 x NVIDIA H200`, without their memory. */
export function cards(gpu: string): string {
  const names = gpu.split(' + ').map(card => card.replace(/ \d+ MiB$/, ''))
  return [...Map.groupBy(names, card => card)]
    .map(([card, { length }]) => (length > 1 ? `${length} x ${card}` : card))
    .join(' + ')
}
