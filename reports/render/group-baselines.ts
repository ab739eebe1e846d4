import { exactSeconds } from '../run/format.ts'
import type { Scenario } from '../run/schema.ts'

/**
 * What each speedup is over, where groups have baselines of their own, such as
 * `baseline of podman-import: cold 0.555 s; of runtime-direct/tmpfs: cold 0.521 s`; undefined where all have the same.
 */
export function groupBaselines(scenarios: Scenario[]): string | undefined {
  const compared = scenarios.filter(({ versus_baseline: versus }) => versus)
  const groups = Map.groupBy(compared, baselineOf)
  if (groups.size < 2) return undefined
  const said = [...groups].map(([baseline, own]) => `of ${namesOf(own, compared).join(', ')}: ${baseline}`)
  return `baseline ${said.join('; ')}`
}

const baselineOf = ({ versus_baseline: versus }: Scenario): string =>
  `${versus!.scenario} ${exactSeconds(versus!.p50)} s`

/** A strategy's name stands for its scenarios, where there are several and all of them have this baseline. */
function namesOf(own: Scenario[], compared: Scenario[]): string[] {
  return [...Map.groupBy(own, ({ strategy }) => strategy)].flatMap(([strategy, here]) => {
    const all = compared.filter(one => one.strategy === strategy).length
    return here.length > 1 && here.length === all ? strategy : here.map(({ id }) => id)
  })
}
