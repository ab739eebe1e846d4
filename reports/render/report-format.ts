import type { Report, Run, Trial } from '../run/schema.ts'

/** What a report was made from. */
export interface Recorded {
  run: Run
  trials: Trial[]
}

/** A file of a run folder that is made from the report. */
export interface ReportFormat {
  name: string
  /** Its name in the run folder. */
  file: string
  /** The whole file; pure. @param recorded for what the report leaves out, such as the phases of every trial */
  render(report: Report, recorded: Recorded): string
}
