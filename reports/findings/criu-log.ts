import { seconds } from '../format.ts'
import { type Rule, figure, measured, p50, sibling, slowerBy } from './rule.ts'

/**
 * CRIU's debug log costs time: seen where the same restore with fewer lines was faster (bench/criu-log.bench.ts). The runtimes
 * ask for level 4. The remedy has no blank: criu/config.c reads "verbosity" as an option whose argument is optional.
 */
export const criuLog: Rule = facts => measured(facts).flatMap((scenario) => {
  const level = figure(facts, scenario.id, 'criu.log_level')
  if (level === undefined) return []
  const quiet = sibling(facts, scenario, ['criuLogLevel'], other => (figure(facts, other.id, 'criu.log_level') ?? level) < level)
  const cost = quiet && slowerBy(scenario, quiet)
  if (!quiet || cost === undefined) return []
  return [{
    code: 'criu-log-level',
    message: `CRIU's log at level ${level} slows the restore`,
    evidence: `${seconds(p50(scenario))} s, and ${seconds(p50(quiet))} s at level ${figure(facts, quiet.id, 'criu.log_level')}`,
    cost,
    remedy: `\`echo verbosity=${figure(facts, quiet.id, 'criu.log_level')} >> /etc/criu/runc.conf\``,
    source: 'https://github.com/youki-dev/youki/pull/641',
    scenario: scenario.id,
  }]
})
