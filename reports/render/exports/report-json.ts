import { basename } from 'node:path'
import { runFolder } from '../../run/run-folder.ts'
import type { ReportFormat } from '../report-format.ts'

/** The report for programs; reports/run/schema.ts describes it, and other commands read it back. */
export const reportJson: ReportFormat = {
  name: 'the report for programs',
  file: basename(runFolder('').report),
  render: report => `${JSON.stringify(report, undefined, 2)}\n`,
}
