import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { nodeEndSchema } from '../../../reports/analysis/fleet/node-end.ts'
import { pause } from '../../core/clock.ts'
import { command } from '../../host/command.ts'
import { NODE_RECORD } from './find-runs.ts'

/** Where a node stands, as its folder on shared storage shows it; an ended one by its outcome. */
const STAGES = ['not begun', 'setting up', 'measuring', 'pass', 'fail', 'skip'] as const
export type Stage = (typeof STAGES)[number]

/** Seconds between two looks. */
const INTERVAL = 5
const TIMEOUT = 60

/** @param folder JOB/NODE, there or not */
export function stageOf(folder: string): Stage {
  const record = join(folder, NODE_RECORD)
  if (existsSync(record)) return nodeEndSchema.parse(JSON.parse(readFileSync(record, 'utf8'))).outcome
  if (existsSync(join(folder, 'latest'))) return 'measuring'
  return existsSync(folder) ? 'setting up' : 'not begun'
}

/** `job 42, running: 1 not begun, 998 measuring, 1 pass`. Pure. @param state Slurm's word */
export function progressLine(job: string, state: string, stages: Stage[]): string {
  const counted = STAGES.map(stage => [stage, stages.filter(one => one === stage).length] as const)
  const words = counted.filter(([, n]) => n > 0).map(([stage, n]) => `${n} ${stage}`)
  return `job ${job}, ${state}: ${words.join(', ')}`
}

/**
 * Follows a job until Slurm knows it no more, and says each change in a line. Whoever ends it leaves the job alone.
 * @param job its number
 * @param folder of its results: holds a folder for each node
 */
export async function follow(job: string, folder: string, nodes: string[], say: (line: string) => void): Promise<void> {
  for (let last = ''; ; await pause(INTERVAL)) {
    const state = await stateOf(job)
    const line = progressLine(
      job,
      state ?? 'ended',
      nodes.map(node => stageOf(join(folder, node))),
    )
    if (line !== last) say(line)
    if (state === undefined) return
    last = line
  }
}

/** Undefined once it has ended: squeue leaves it out then, and some minutes later calls its number invalid. */
async function stateOf(job: string): Promise<string | undefined> {
  try {
    const { stdout } = await command('squeue', ['--noheader', '--format=%T (%r)', '--jobs', job], { timeout: TIMEOUT })
    const state = stdout.trim().replace(/ \(None\)$/, '')
    return state === '' ? undefined : state.replace(/^\w+/, word => word.toLowerCase())
  } catch (error) {
    if ((error as Error).message.includes('Invalid job id')) return undefined
    // a controller that is restarted, or busy, answers later
    return `squeue gives no answer: ${(error as Error).message.split('\n')[0]}`
  }
}
