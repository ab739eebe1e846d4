import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { stdout } from 'node:process'
import { type Fleet, fleetExitCode, fleetOf, fleetSchema } from '../../../reports/analysis/fleet/fleet.ts'
import { nodesAsLines, renderFleet } from '../../../reports/render/fleet.ts'
import { Problem } from '../../core/problem.ts'
import { findRuns, readNodes } from './find-runs.ts'
import { options } from './options.ts'

/** What `slurm` and `kubernetes` leave in the results folder: the nodes that were asked for. */
const MANIFEST = 'nodes.txt'

const RENDERERS: Record<string, (fleet: Fleet) => string> = {
  table: fleet => renderFleet(fleet, stdout.columns || 120),
  json: fleet => JSON.stringify(fleet, undefined, 2),
  jsonl: nodesAsLines,
}

/** `npm run fleet -- merge DIR ...`: the runs of many nodes as one answer. @returns the exit code */
export function merge(argv: string[], print: (text: string) => void): number {
  const { values, positionals } = options(argv, {
    nodes: { type: 'string' },
    before: { type: 'string', multiple: true },
    format: { type: 'string', default: 'table' },
  })
  const render = RENDERERS[values.format]
  if (!render)
    throw new Problem(`--format: received ${values.format}, allowed are ${Object.keys(RENDERERS).join(', ')}`)
  if (positionals.length === 0) throw new Problem('npm run fleet -- merge takes folders that hold runs, received none')
  const expected = expectedNodes(values.nodes, positionals)
  const found = findRuns(positionals)
  if (found.runs.length + found.unreadable.length === 0)
    throw new Problem(`there is no run (a folder with run.json or report.json) below ${positionals.join(', ')}`)
  const before = values.before ? findRuns(values.before).runs : undefined
  if (before?.length === 0)
    throw new Problem(`--before: there is no run that can be read below ${values.before!.join(', ')}`)
  const fleet = fleetSchema.parse(
    fleetOf(found.runs, {
      unreadable: found.unreadable,
      ...(expected ? { expected } : {}),
      ...(before ? { before } : {}),
    }),
  )
  print(`${render(fleet)}\n`)
  return fleetExitCode(fleet)
}

function expectedNodes(named: string | undefined, folders: string[]): string[] | undefined {
  const files = named ? [named] : folders.map(folder => join(folder, MANIFEST)).filter(file => existsSync(file))
  return files.length > 0 ? [...new Set(files.flatMap(readNodes))] : undefined
}
