import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { writing } from '../../helpers/core/unwritable.ts'
import { type Step, stepName, stepSchema } from './steps.ts'

/**
 * Where a run stands: the worker appends an event as a line, the reporter reads them.
 * Times are Date.now() / 1000, two processes share them.
 */
const eventSchema = z.discriminatedUnion('event', [
  z.object({ event: z.literal('begin'), at: z.number(), step: stepSchema, phase: z.string() }),
  z.object({ event: z.literal('phase'), at: z.number(), phase: z.string() }),
  /** What a group still has to do, where that is not what was planned: a further batch, or what cannot be prepared. */
  z.object({ event: z.literal('ahead'), at: z.number(), group: z.string(), steps: z.array(stepSchema) }),
  z.object({
    event: z.literal('end'),
    at: z.number(),
    /** Of a trial that counted, seconds. */
    tfft: z.number().optional(),
    /** Why a trial failed, or a scenario could not be prepared. */
    failed: z.string().optional(),
    /** Why a scenario is not measured after all. */
    skipped: z.string().optional(),
  }),
])
export type ProgressEvent = z.infer<typeof eventSchema>
export type Result = Pick<Extract<ProgressEvent, { event: 'end' }>, 'tfft' | 'failed' | 'skipped'>

const file = (folder: string) => join(folder, '.progress.jsonl')

/** @throws Unwritable where the system refuses: then a trial could not be kept either */
export function noteProgress(folder: string, event: ProgressEvent): void {
  const path = file(folder)
  writing(path, () => appendFileSync(path, `${JSON.stringify(event)}\n`, { mode: 0o600 }))
}

/** The events so far; a line that a crash damaged says nothing. */
export function readEvents(folder: string): ProgressEvent[] {
  let text: string
  try {
    text = readFileSync(file(folder), 'utf8')
  } catch {
    return []
  }
  return text.split('\n').flatMap(line => {
    try {
      return [eventSchema.parse(JSON.parse(line))]
    } catch {
      return []
    }
  })
}

export interface Finished extends Result {
  step: Step
  /** All of it: what is not measured, such as clearing up, counts as well. */
  seconds: number
}

export interface Progress {
  /** What it does at the moment, since when; undefined between two steps. */
  current?: { step: Step; phase: string; began: number }
  finished: Finished[]
  /** Steps still to come, without the current one. */
  ahead: Step[]
}

/** Where a run stands after some events. @param plan all its steps, as far as they are known before */
export function follow(events: ProgressEvent[], plan: Step[]): Progress {
  let current: Progress['current']
  let ahead = plan
  const finished: Finished[] = []
  for (const event of events) {
    if (event.event === 'begin') current = { step: event.step, phase: event.phase, began: event.at }
    // groups run one after another: what this one has to do comes first
    else if (event.event === 'ahead') ahead = [...event.steps, ...ahead.filter(({ group }) => group !== event.group)]
    else if (current && event.event === 'phase') current.phase = event.phase
    else if (current && event.event === 'end') {
      const { at, tfft, failed, skipped } = event
      const result: Result = {
        ...(tfft !== undefined && { tfft }),
        ...(failed !== undefined && { failed }),
        ...(skipped !== undefined && { skipped }),
      }
      const { step, began } = current
      finished.push({ step, seconds: Math.max(0, at - began), ...result })
      ahead = without(ahead, step)
      // what could not be prepared has no trials
      if (step.kind === 'prepare' && (failed ?? skipped) !== undefined)
        ahead = ahead.filter(other => place(other) !== place({ ...step, kind: 'trial' }))
      current = undefined
    }
  }
  return { ...(current && { current }), finished, ahead: current ? without(ahead, current.step) : ahead }
}

/** All trials of a run: those that have ended, the one that runs, and those still to come. */
export const trialsOf = ({ current, finished, ahead }: Progress): number =>
  [...finished.map(({ step }) => step), ...(current ? [current.step] : []), ...ahead].filter(
    ({ kind }) => kind === 'trial',
  ).length

/** Where a run stands, from its folder alone. */
export const readProgress = (folder: string): Progress => follow(readEvents(folder), [])

/** Of one group's step: trials of two groups are apart here. */
const place = (step: Step) => `${step.group} ${stepName(step)}`

/** The steps but for the first that is such a one. */
function without(steps: Step[], one: Step): Step[] {
  const index = steps.findIndex(step => place(step) === place(one))
  return index < 0 ? steps : steps.toSpliced(index, 1)
}
