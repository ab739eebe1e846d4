import type { Report, Scenario } from '../../run/schema.ts'

/** What was measured, on what: the second line of the page, without which the seconds of the first say nothing. */

/** Ids of results from before scenarios had names are as long as their settings; they begin with their strategy. */
const LONG = 40
export const shortName = (id: string): string => (id.length > LONG ? id.split(/[./]/)[0]! : id)

/**
 * Engine, model, GPU and what was compared: `vllm 0.26.0 with qwen2-1.5b on NVIDIA H200: podman-in-place/best against
 * cold`.
 */
export function subject({ engine, host }: Report, fastest: Scenario | undefined): string {
  const { name, version, model } = engine
  const on = `${[name, version].filter(Boolean).join(' ')} with ${model}${where(host.fingerprint)}`
  if (!fastest) return on
  const against = fastest.versus_baseline?.scenario
  const compared = against ? ` against ${shortName(against)}` : ', without a cold start to compare with'
  return `${on}: ${shortName(fastest.id)}${compared}`
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
