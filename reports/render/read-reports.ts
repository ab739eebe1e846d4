import { existsSync } from 'node:fs'
import { Problem } from '../../helpers/core/problem.ts'
import { readReference } from '../analysis/compare.ts'
import type { NamedReport } from '../analysis/history.ts'
import { runFolder } from '../run/run-folder.ts'
import type { Report } from '../run/schema.ts'
import { readOrMakeReport } from './write.ts'

/** The reports of some paths, and why others have none: what is no run is left out, and that is said. */
export function readReports(paths: string[]): { reports: NamedReport[]; leftOut: { path: string; why: string }[] } {
  const leftOut: { path: string; why: string }[] = []
  const reports = paths.flatMap(path => {
    try {
      return [{ path, report: readReport(path) }]
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      leftOut.push({ path, why: error.message.split('\n')[0]! })
      return []
    }
  })
  return { reports, leftOut }
}

/** The report of a run folder that measured something, or a report.json. @throws Problem for anything else */
function readReport(path: string): Report {
  const { run, report } = runFolder(path)
  if (!existsSync(path)) throw new Problem(`${path} does not exist`)
  if (path.endsWith('.json')) return readReference(path)
  if (!existsSync(run) && !existsSync(report))
    throw new Problem(`${path} is neither the folder of a run nor a report.json`)
  const read = readOrMakeReport(path)
  if (read.scenarios.every(({ n }) => n === 0)) throw new Problem(`${path} measured nothing`)
  return read
}
