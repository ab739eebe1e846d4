import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { readReference } from '../../../reports/analysis/compare.ts'
import { type NodeRun, nodeRun, type Unreadable } from '../../../reports/analysis/fleet/nodes.ts'
import { makeReport } from '../../../reports/render/write.ts'
import { runFolder } from '../../../reports/run/run-folder.ts'
import { Problem } from '../../core/problem.ts'

/** Of a run's folder, as reports/run/run-folder.ts names it. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ(\.\d+)?$/

/** All runs below these folders, which may be runs themselves, each under its node's name. @throws Problem */
export function findRuns(paths: string[]): { runs: NodeRun[]; unreadable: Unreadable[] } {
  const runs: NodeRun[] = []
  const unreadable: Unreadable[] = []
  for (const path of new Set(paths.flatMap(runsBelow))) {
    const node = nodeOf(path)
    try {
      runs.push(nodeRun(node, path, reportOf(path)))
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      unreadable.push({ node, path, why: error.message.split('\n')[0]! })
    }
  }
  return { runs, unreadable }
}

/** The folder that the time stands in: JOB/NODE/TIME; a folder without a time in its name is called as its node. */
export function nodeOf(path: string): string {
  return basename(TIME.test(basename(path)) ? dirname(path) : path)
}

/** Links are not followed: `latest` leads to a run that is found as itself. */
function runsBelow(path: string): string[] {
  if (!existsSync(path)) throw new Problem(`${path} does not exist. Name folders that hold runs.`)
  return below(realpathSync(path))
}

function below(path: string): string[] {
  const entries = list(path)
  const files = new Set(entries.filter(entry => entry.isFile()).map(({ name }) => name))
  if (files.has('report.json') || files.has('run.json')) return [path]
  return entries.filter(entry => entry.isDirectory()).flatMap(({ name }) => below(join(path, name)))
}

function list(path: string) {
  try {
    return readdirSync(path, { withFileTypes: true })
  } catch (error) {
    throw new Problem(`${path} cannot be read (${(error as NodeJS.ErrnoException).code}). Name folders that hold runs.`)
  }
}

/** As it was written, or made anew of a run that was killed before. */
function reportOf(path: string) {
  const { report, run } = runFolder(path)
  if (!existsSync(report)) return makeReport(path).report
  try {
    return readReference(report)
  } catch (error) {
    if (!existsSync(run) || !(error instanceof Problem)) throw error
    return makeReport(path).report
  }
}

/** Nodes that should be there, one on a line, `#` for a comment. @throws Problem */
export function readNodes(path: string): string[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new Problem(`${path}, the list of nodes, cannot be read: ${(error as NodeJS.ErrnoException).code}`)
  }
  const names = text.split(/\s*(?:#.*)?\n|\s*#.*$|\s+/).filter(Boolean)
  if (names.length === 0) throw new Problem(`${path} names no node; wanted: one on each line`)
  return names
}
