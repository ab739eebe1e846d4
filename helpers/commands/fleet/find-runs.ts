import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { NODE_END, nodeEndSchema } from '../../../reports/analysis/fleet/node-end.ts'
import { type NodeRun, nodeRun, type Unreadable } from '../../../reports/analysis/fleet/nodes.ts'
import { readOrMakeReport } from '../../../reports/render/write.ts'
import { runFolder } from '../../../reports/run/run-folder.ts'
import { checked } from '../../../reports/run/trials.ts'
import { Problem } from '../../core/problem.ts'

/** Of a run's folder, as reports/run/run-folder.ts names it. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ(\.\d+)?$/

/** What a node leaves beside its runs: how it ended. */
export const NODE_RECORD = 'node.json'

interface Found {
  runs: NodeRun[]
  unreadable: Unreadable[]
}

/**
 * All runs below these folders, which may be runs themselves, each under its node's name; of a file, its lines that
 * say how a node ended, as `kubectl logs` gives them.
 * @throws Problem
 */
export function findRuns(paths: string[]): Found {
  const found: Found = { runs: [], unreadable: [] }
  const add = (node: string, path: string, read: () => NodeRun | undefined) => {
    try {
      const run = read()
      if (run) found.runs.push(run)
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      found.unreadable.push({ node, path, why: error.message.split('\n')[0]! })
    }
  }
  for (const path of new Set(paths.flatMap(runsBelow))) {
    const node = nodeOf(path)
    if (basename(path) === NODE_RECORD)
      add(basename(dirname(path)), path, () => ended(readFileSync(path, 'utf8'), path))
    else if (statSync(path).isFile())
      for (const [index, line] of readFileSync(path, 'utf8').split('\n').entries()) {
        if (!line.startsWith(`{"schema":"${NODE_END}"`)) continue
        const at = `${path}:${index + 1}`
        add(/"node":"([^"]*)"/.exec(line)?.[1] ?? at, at, () => ended(line, at))
      }
    else add(node, path, () => nodeRun(node, path, readOrMakeReport(path), { reported: isReported(path) }))
  }
  return found
}

/** Its run where it stands in it. @throws Problem where none began */
function ended(text: string, path: string): NodeRun | undefined {
  const end = checked(nodeEndSchema, text, `${path} does not say how a node ended`)
  if (end.report) return nodeRun(end.node, path, end.report)
  if (end.run === null) throw new Problem(`ended with exit code ${end.exit_code} before a run began`)
  return undefined
}

/** The folder that the time stands in: JOB/NODE/TIME; a folder without a time in its name is called as its node. */
export function nodeOf(path: string): string {
  return basename(TIME.test(basename(path)) ? dirname(path) : path)
}

/** Links are not followed: `latest` leads to a run that is found as itself. */
function runsBelow(path: string): string[] {
  if (!existsSync(path)) throw new Problem(`${path} does not exist. Name folders that hold runs.`)
  return statSync(path).isFile() ? [realpathSync(path)] : below(realpathSync(path))
}

function below(path: string): string[] {
  const entries = list(path)
  const files = new Set(entries.filter(entry => entry.isFile()).map(({ name }) => name))
  if (files.has('report.json') || files.has('run.json')) return [path]
  const end = files.has(NODE_RECORD) ? [join(path, NODE_RECORD)] : []
  return [...end, ...entries.filter(entry => entry.isDirectory()).flatMap(({ name }) => below(join(path, name)))]
}

function list(path: string) {
  try {
    return readdirSync(path, { withFileTypes: true })
  } catch (error) {
    throw new Problem(`${path} cannot be read (${(error as NodeJS.ErrnoException).code}). Name folders that hold runs.`)
  }
}

/** A run that its node neither reported nor said the end of was killed, or still goes on. */
function isReported(path: string): boolean {
  if (existsSync(runFolder(path).report)) return true
  const record = join(dirname(path), NODE_RECORD)
  if (!existsSync(record)) return false
  const end = checked(nodeEndSchema, readFileSync(record, 'utf8'), `${record} does not say how a node ended`)
  return end.run !== null && basename(end.run) === basename(path)
}

/** Nodes that should be there, one on a line, `#` for a comment; `node/` before a name is kubectl's. @throws Problem */
export function readNodes(path: string): string[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new Problem(`${path}, the list of nodes, cannot be read: ${(error as NodeJS.ErrnoException).code}`)
  }
  const names = text
    .split(/\s*(?:#.*)?\n|\s*#.*$|\s+/)
    .filter(Boolean)
    .map(name => name.replace(/^node\//, ''))
  if (names.length === 0) throw new Problem(`${path} names no node; wanted: one on each line`)
  return names
}
