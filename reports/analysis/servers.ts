import { median, medianOf } from '../../helpers/core/statistics.ts'
import type { Scenario, ServerRecord, Trial } from '../run/schema.ts'

/**
 * What several servers of one start took and held: medians over the trials. Undefined where no trial had several.
 * @param alone one server in each trial of what they are compared with; [] where that is another thing
 */
export function serversOf(counted: Pick<Trial, 'servers'>[], alone: ServerRecord[] = []): Scenario['servers'] {
  const starts = counted.flatMap(({ servers }) => (servers?.length ? [servers] : []))
  if (starts.length === 0) return undefined
  const over = (figure: (servers: (typeof starts)[number]) => number) => median(starts.map(figure))
  const gpu = medianOf(starts.flat().flatMap(({ gpu }) => gpu ?? []))
  const each = (servers: (typeof starts)[number], name: 'tfft' | 'pss' | 'own') => servers.map(one => one[name])
  const middle = over(servers => median(each(servers, 'tfft')))
  const own = over(servers => median(each(servers, 'own')))
  return {
    count: starts[0]!.length,
    first: over(servers => Math.min(...each(servers, 'tfft'))),
    median: middle,
    last: over(servers => Math.max(...each(servers, 'tfft'))),
    pss: over(servers => each(servers, 'pss').reduce((sum, bytes) => sum + bytes, 0)),
    own,
    ...(gpu !== undefined && { gpu }),
    ...(alone.length > 0 && { versus_one: versusOne(middle, own, alone) }),
  }
}

const versusOne = (middle: number, own: number, alone: ServerRecord[]) => ({
  slowdown: middle / median(alone.map(({ tfft }) => tfft)),
  further_memory: own / Math.max(1, median(alone.map(({ pss }) => pss))),
})
