import { percent, seconds } from '../../run/format.ts'
import { measured, p50, type Rule } from './rule.ts'

const ALLOWED = 0.05

/** Time that no phase explains: the suite does not know where it went. */
export const unattributed: Rule = facts =>
  measured(facts).flatMap(scenario => {
    const unknown = scenario.unattributed ?? 0
    if (unknown <= ALLOWED * p50(scenario)) return []
    return [
      {
        code: 'unattributed-time',
        message: 'the suite cannot say where part of the time went',
        evidence:
          `${seconds(unknown)} s of ${seconds(p50(scenario))} s (${percent(unknown / p50(scenario))}) belong ` +
          'to no phase',
        cost: unknown,
        remedy:
          `look at its logs (in this run's folder: \`ls logs/${scenario.id}\`), and report it with those files ` +
          '(they may hold secrets: docs/reading-the-report.md)',
        source: 'docs/methodology.md',
        scenario: scenario.id,
      },
    ]
  })
