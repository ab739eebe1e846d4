import { compareVersions } from '../../../helpers/core/versions.ts'
import { DEFECTS, type Defect, isAffected } from '../../../helpers/host/known-defects.ts'
import type { Finding } from '../../run/schema.ts'
import { type Facts, type Rule, word } from './rule.ts'

/** A CRIU or a driver with a defect that is known. One finding a defect. */
export const knownDefects: Rule = facts =>
  DEFECTS.flatMap((defect): Finding[] => {
    const version = versionOf(facts, defect.what)
    const kernel = facts.run.host.fingerprint.kernel
    if (version === undefined || !isAffected(version, defect)) return []
    if (defect.kernel !== undefined && (!kernel || compareVersions(kernel, defect.kernel) < 0)) return []
    return [
      {
        code: `known-defect-${defect.what}`,
        message:
          `${defect.what === 'criu' ? 'CRIU' : 'the NVIDIA driver'} ${version} has a known defect: ` +
          `${defect.message}`,
        evidence: `${defect.what} ${version}${defect.kernel === undefined ? '' : `, kernel ${kernel}`}`,
        cost: null,
        remedy: defect.remedy,
        source: defect.source,
      },
    ]
  })

function versionOf(facts: Facts, what: Defect['what']): string | undefined {
  const key = `${what}.version`
  const seen =
    facts.run.host.facts[key] ??
    facts.run.host.fingerprint[what] ??
    facts.report.scenarios.map(scenario => word(facts, scenario.id, key)).find(Boolean)
  return seen === null || seen === undefined ? undefined : /\d+(\.\d+)*/.exec(String(seen))?.[0]
}
