import { median, medianOf } from '../../helpers/core/statistics.ts'
import type { Scenario, Trial } from '../run/schema.ts'

/** What several servers of one start took and hold: medians over the trials. Undefined where no trial had several. */
export function serversOf(counted: Pick<Trial, 'servers'>[]): Scenario['servers'] {
  const starts = counted.flatMap(({ servers }) => (servers?.length ? [servers] : []))
  if (starts.length === 0) return undefined
  const over = (figure: (servers: (typeof starts)[number]) => number) => median(starts.map(figure))
  const gpu = medianOf(starts.flat().flatMap(({ gpu }) => gpu ?? []))
  const each = (servers: (typeof starts)[number], name: 'tfft' | 'pss' | 'own') => servers.map(one => one[name])
  return {
    count: starts[0]!.length,
    first: over(servers => Math.min(...each(servers, 'tfft'))),
    median: over(servers => median(each(servers, 'tfft'))),
    last: over(servers => Math.max(...each(servers, 'tfft'))),
    pss: over(servers => each(servers, 'pss').reduce((sum, bytes) => sum + bytes, 0)),
    own: over(servers => median(each(servers, 'own'))),
    ...(gpu !== undefined && { gpu }),
  }
}
