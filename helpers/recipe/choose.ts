import { seconds } from '../../reports/run/format.ts'
import type { Report, Scenario, Settings } from '../../reports/run/schema.ts'
import { Problem } from '../core/problem.ts'

/** Which scenario of a run becomes a recipe, and what its settings gained there. Pure. */

/** The only strategy whose server podman itself has, and whose checkpoint lies ready. */
const STRATEGY = 'podman-in-place'

const isMeasured = (scenario: Scenario): scenario is Scenario & Required<Pick<Scenario, 'tfft'>> =>
  scenario.outcome === 'measured' && scenario.tfft !== undefined

/**
 * The scenario that is asked for, else the fastest one.
 * @throws Problem where there is none, or it is none that a recipe can repeat
 */
export function choose({ scenarios }: Pick<Report, 'scenarios'>, wanted?: string) {
  const all = scenarios.filter(({ strategy }) => strategy === STRATEGY).filter(isMeasured)
  const there = all.map(({ id }) => id).join(', ') || 'none'
  if (wanted === undefined) {
    const best = all.toSorted((a, b) => a.tfft.p50 - b.tfft.p50)[0]
    if (best) return best
    throw new Problem(
      'this run measured no restore in place, which a recipe repeats\n' +
        `Name a run that did (npm run recipe -- results/RUN), or run npx vitest bench ${STRATEGY}.`,
    )
  }
  const found = all.find(({ id }) => id === wanted)
  if (found) return found
  const other = scenarios.find(({ id }) => id === wanted)
  const why = !other
    ? 'is not in this run'
    : other.strategy === STRATEGY
      ? `was not measured: ${other.reason ?? other.outcome}`
      : `restores in another way (${other.strategy})`
  throw new Problem(`${wanted} ${why}; a recipe can be made of: ${there}`)
}

/** By setting, in a sentence: what it gained between two scenarios of the run that differ in nothing else. */
export function gains({ scenarios }: Pick<Report, 'scenarios'>, chosen: Scenario): Map<string, string> {
  const all = scenarios.filter(({ strategy }) => strategy === chosen.strategy).filter(isMeasured)
  return new Map(
    Object.entries(chosen.settings).map(([key, value]) => {
      const pair = all
        .filter(scenario => scenario.settings[key] === value)
        .toSorted((a, b) => shared(b.settings, chosen.settings) - shared(a.settings, chosen.settings))
        .flatMap(scenario => {
          const without = all.find(other => other.settings[key] !== value && sameBut(key, other, scenario))
          return without ? [{ scenario, without }] : []
        })[0]
      return [
        key,
        pair
          ? `${key} ${value}: TFFT ${figure(pair.scenario)}, ${figure(pair.without)} with ` +
            `${key} ${pair.without.settings[key] ?? 'as usual'} (${pair.without.id}).`
          : `${key} ${value}: not measured by itself in that run.`,
      ]
    }),
  )
}

/** Such as 0.98 s (0.92–1.04, n = 5). */
export const figure = ({ tfft, n }: Pick<Scenario, 'tfft' | 'n'>): string =>
  tfft ? `${seconds(tfft.p50)} s (${seconds(tfft.min)}–${seconds(tfft.max)}, n = ${n})` : 'not measured'

const sameBut = (key: string, { settings: a }: Scenario, { settings: b }: Scenario) =>
  [...new Set([...Object.keys(a), ...Object.keys(b)])].every(name => name === key || a[name] === b[name])

const shared = (a: Settings, b: Settings) => Object.keys(b).filter(name => a[name] === b[name]).length
