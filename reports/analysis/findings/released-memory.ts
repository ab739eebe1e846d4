import { seconds } from '../../run/format.ts'
import type { Scenario } from '../../run/schema.ts'
import { figure, measured, phase, type Rule } from './rule.ts'

/** Memory that was free before is mapped in less, however much it is (docs/results, H200: 135 GB in 0.02 to 0.05 s). */
const FREE_WITHIN = 0.1

/**
 * The driver clears GPU memory before it hands it on, so a wake-up that maps memory which another server, or the same
 * one, has just released waits for that. Most of it is the KV cache. Seen where the measured time begins with a
 * release: in a swap, and where a server is woken at once (`idle: 0`).
 */
export const releasedMemory: Rule = facts =>
  measured(facts).flatMap(scenario => {
    const mapped = phase(scenario, 'engine.wake.map')
    const justReleased = scenario.strategy === 'swap' || scenario.settings.idle === 0
    if (!justReleased || mapped < FREE_WITHIN) return []
    return [
      {
        code: 'released-memory-cleared',
        message: 'the wake-up waits for GPU memory that was just released: the driver clears it first',
        evidence: `engine.wake.map ${seconds(mapped)} s`,
        cost: mapped,
        remedy: lessToClear(scenario, figure(facts, scenario.id, 'kv.late_bytes')),
        source: 'docs/strategies.md#a-late-kv-cache',
        scenario: scenario.id,
      },
    ]
  })

/** @param late bytes of the KV cache that came later; undefined where nothing is known of it */
function lessToClear({ id, strategy, settings }: Scenario, late: number | undefined): string {
  if (settings.idle === 0)
    return 'wake it later than the moment when it falls asleep: leave out the setting `{ idle: 0 }`'
  if (settings.kvCache === 'late' && late === 0)
    return (
      "the KV cache was mapped at once in spite of `{ kvCache: 'late' }`: the server's log says why " +
      `(in this run's folder: \`grep -r "mapped at once" logs/${id}\`)`
    )
  const smaller = 'a smaller KV cache: `GPU_MEMORY_UTIL`'
  if (settings.kvCache === 'late' || Number(settings.tensorParallel ?? 1) > 1) return smaller
  const beside = strategy === 'swap' && settings.by === 'sleep' ? ", arrives: 'beside'" : ''
  return `map the KV cache late: the settings \`{ weights: 'tmpfs', kvCache: 'late'${beside} }\`; or ${smaller}`
}
