import { EXIT } from '../../helpers/core/problem.ts'
import type { Report } from '../run/schema.ts'

/**
 * What the process ends with. A missed target goes before a slower scenario (the first needs a remedy, the second a
 * look), and a slower scenario before a comparison with holes in it, which counts as unusable and never as a pass.
 */
export function reportExitCode(report: Pick<Report, 'verdict' | 'reference'>): number {
  if (report.verdict === 'nothing-measured') return EXIT.nothingMeasured
  if (report.verdict === 'fail') return EXIT.missed
  return gateExitCode(report.reference)
}

/**
 * What the process of a run ends with.
 * @param ending its exit code so far: a signal's (128 and more) stays, whatever the report of the broken-off run says
 */
export function endingCode(report: Pick<Report, 'verdict' | 'reference'>, ending = 0): number {
  return ending > 128 ? ending : reportExitCode(report) || ending
}

/** The same for the comparison alone, as `npm run compare` ends. */
export function gateExitCode(reference: Report['reference']): number {
  if (reference?.verdict === 'slower') return EXIT.slower
  return reference?.verdict === 'incomplete' ? EXIT.unusable : EXIT.ok
}
