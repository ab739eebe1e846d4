import { benchmarkJson } from './benchmark-json.ts'
import { page } from './html/page.ts'
import { junit } from './junit.ts'
import type { ReportFormat } from './report-format.ts'
import { reportJson } from './report-json.ts'

/**
 * Every file that is made from a report, in the order in which they are written: `npm run report` makes them again,
 * `npm run check-report` wants them. The table and GitHub's job summary are no files of a run.
 */
export const FORMATS: readonly ReportFormat[] = [reportJson, junit, benchmarkJson, page]
