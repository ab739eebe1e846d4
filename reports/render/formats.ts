import { benchmarkJson } from './benchmark-json.ts'
import { ctrf } from './exports/ctrf.ts'
import { openMetrics } from './exports/openmetrics.ts'
import { scenariosCsv } from './exports/scenarios-csv.ts'
import { scenariosMarkdown } from './exports/scenarios-markdown.ts'
import { trialsCsv } from './exports/trials-csv.ts'
import { page } from './html/page.ts'
import { junit } from './junit.ts'
import type { ReportFormat } from './report-format.ts'
import { reportJson } from './report-json.ts'

/**
 * Every file that is made from a report, in the order in which they are written: `npm run report` makes them again,
 * `npm run check-report` wants them. The table and GitHub's job summary are no files of a run.
 */
export const FORMATS: readonly ReportFormat[] = [
  reportJson,
  junit,
  benchmarkJson,
  ctrf,
  openMetrics,
  scenariosCsv,
  trialsCsv,
  scenariosMarkdown,
  page,
]
