import type { Report } from '../run/schema.ts'

/** A file of a run folder that is made from the report. */
export interface ReportFormat {
  name: string
  /** Its name in the run folder. */
  file: string
  /** The whole file; pure. */
  render(report: Report): string
}
