import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { stdout } from 'node:process'
import { type Fleet, fleetExitCode, fleetOf, fleetSchema } from '../../../reports/analysis/fleet/fleet.ts'
import { renderFleetCtrf } from '../../../reports/render/exports/fleet-ctrf.ts'
import { nodesAsLines, renderFleet } from '../../../reports/render/fleet.ts'
import { renderFleetPage } from '../../../reports/render/html/fleet.ts'
import { writeWhole } from '../../../reports/run/run-folder.ts'
import { checkCreatable } from '../../core/creatable.ts'
import { Problem } from '../../core/problem.ts'
import { writing } from '../../core/unwritable.ts'
import { findRuns, readNodes } from './find-runs.ts'
import { options } from './options.ts'

/** What `slurm` and `kubernetes` leave in the results folder: the nodes that were asked for. */
const MANIFEST = 'nodes.txt'

/** By what `--format` calls it; the files of `--out` have these names. */
const FORMATS: Record<string, { file: string; render: (fleet: Fleet) => string }> = {
  table: { file: 'fleet.txt', render: fleet => renderFleet(fleet, stdout.columns || 120) },
  json: { file: 'fleet.json', render: fleet => JSON.stringify(fleet, undefined, 2) },
  jsonl: { file: 'fleet.jsonl', render: nodesAsLines },
  html: { file: 'fleet.html', render: renderFleetPage },
  ctrf: { file: 'fleet-ctrf.json', render: fleet => renderFleetCtrf(fleet, Date.now()) },
}

export const MERGE_OPTIONS = {
  nodes: { type: 'string' },
  before: { type: 'string', multiple: true },
} as const

/** `npm run fleet -- merge DIR ...`: the runs of many nodes as one answer. @returns the exit code */
export function merge(argv: string[], print: (text: string) => void): number {
  const { values, positionals } = options(argv, {
    ...MERGE_OPTIONS,
    format: { type: 'string', default: 'table' },
    out: { type: 'string' },
  })
  const format = Object.hasOwn(FORMATS, values.format) ? FORMATS[values.format] : undefined
  if (!format) throw new Problem(`--format: received ${values.format}, allowed are ${Object.keys(FORMATS).join(', ')}`)
  if (values.out !== undefined) checkCreatable('--out', values.out)
  const fleet = mergedFleet(positionals, values)
  if (values.out !== undefined) writeAll(values.out, fleet)
  print(`${format.render(fleet)}\n`)
  return fleetExitCode(fleet)
}

function writeAll(out: string, fleet: Fleet): void {
  writing(out, () => mkdirSync(out, { recursive: true }))
  for (const { file, render } of Object.values(FORMATS)) writeWhole(join(out, file), `${render(fleet)}\n`)
}

interface Asked {
  nodes?: string | undefined
  before?: string[] | undefined
}

/** @throws Problem where there is neither a run nor a list of nodes that should have one */
export function mergedFleet(folders: string[], { nodes, before: earlier }: Asked): Fleet {
  if (folders.length === 0)
    throw new Problem('name folders that hold runs, or logs with the lines of nodes: received none')
  const expected = expectedNodes(nodes, folders)
  const { runs, unreadable } = findRuns(folders)
  if (runs.length + unreadable.length === 0 && !expected)
    throw new Problem(`there is no run (a folder with run.json or report.json) below ${folders.join(', ')}`)
  const before = earlier && findRuns(earlier).runs
  if (before?.length === 0) throw new Problem(`--before: there is no run that can be read below ${earlier!.join(', ')}`)
  const asked = { unreadable, ...(expected ? { expected } : {}), ...(before ? { before } : {}) }
  return fleetSchema.parse(fleetOf(runs, asked))
}

function expectedNodes(named: string | undefined, folders: string[]): string[] | undefined {
  const files = named ? [named] : folders.map(folder => join(folder, MANIFEST)).filter(file => existsSync(file))
  return files.length > 0 ? [...new Set(files.flatMap(readNodes))] : undefined
}
