import { benchmarkJson } from './exports/benchmark-json.ts'
import { ctrf } from './exports/ctrf.ts'
import { junit } from './exports/junit.ts'
import { openMetrics } from './exports/openmetrics.ts'
import { reportJson } from './exports/report-json.ts'
import { scenariosCsv } from './exports/scenarios-csv.ts'
import { scenariosMarkdown } from './exports/scenarios-markdown.ts'
import { trialsCsv } from './exports/trials-csv.ts'
import { page } from './html/page.ts'
import type { ReportFormat } from './report-format.ts'

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
