import { count, percent, seconds } from '../../run/format.ts'
import { figure, hostFigure, measured, NOTICEABLE, p50, type Rule } from './rule.ts'

/**
 * CRIU's debug log costs time: runc asks for level 4, a write for each line. The level cannot be changed from
 * outside, for what runc asks for goes before "verbosity" in the configuration file (setup_logging_from_req in
 * criu/cr-service.c); where the log goes can. The cost is the lines of a restore times what a line costs here,
 * measured when the run began.
 */
export const criuLog: Rule = facts =>
  measured(facts).flatMap(scenario => {
    const lines = figure(facts, scenario.id, 'criu.log_lines')
    const each = hostFigure(facts, 'log.line_time')
    if (lines === undefined || each === undefined || lines * each < NOTICEABLE * p50(scenario)) return []
    const cost = lines * each
    return [
      {
        code: 'criu-log-level',
        message: "CRIU's debug log slows the restore",
        evidence:
          `${count(Math.round(lines), 'line')}, each a write of about ${(each * 1e6).toFixed(1)} µs here: ` +
          `${seconds(cost)} s of ${seconds(p50(scenario))} s (${percent(cost / p50(scenario))})`,
        cost,
        remedy:
          'in production discard the log: `echo log-file=/dev/null >> /etc/criu/runc.conf` (runc ' +
          'asks for level 4, which that file cannot change; this suite needs the log, which names the phases)',
        source: 'https://github.com/youki-dev/youki/pull/641',
        scenario: scenario.id,
      },
    ]
  })
