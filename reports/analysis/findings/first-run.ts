import { median } from '../../../helpers/core/statistics.ts'
import { seconds } from '../../run/format.ts'
import { tfftOf } from '../../run/tfft.ts'
import { countedTrials, measured, type Rule } from './rule.ts'

const FIRST_START = "; if a first start is what counts, measure it by itself: the setting `{ pageCache: 'cold' }`"

/**
 * A first trial that is half as slow again as the median of the others and slower than every one of
 * them: something was cold.
 */
export const firstRun: Rule = facts =>
  measured(facts).flatMap(scenario => {
    const tffts = countedTrials(facts, scenario.id)
      .toSorted((a, b) => a.timestamp.localeCompare(b.timestamp) || a.sequence - b.sequence)
      .map(tfftOf)
    const [first, ...others] = tffts
    if (first === undefined || others.length < 3) return []
    const usual = median(others)
    if (first < 1.5 * usual || first < 1.2 * Math.max(...others)) return []
    return [
      {
        code: 'first-run-stands-out',
        message: 'the first trial stands out: it paid for something that the others found warm',
        evidence: `${seconds(first)} s, then ${seconds(Math.min(...others))} to ${seconds(Math.max(...others))} s`,
        cost: first - usual,
        remedy:
          'compare the logs of the first trial with those of the next ' +
          `(in this run's folder: \`ls logs/${scenario.id}\`)` +
          (scenario.strategy === 'cold' && scenario.settings.pageCache !== 'cold' ? FIRST_START : ''),
        source: 'https://github.com/llm-d-incubation/llm-d-fast-model-actuation/issues/445',
        scenario: scenario.id,
      },
    ]
  })
