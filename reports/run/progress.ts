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

/** Where a run stands after some events. @param plan all its steps */
export function follow(events: ProgressEvent[], plan: Step[]): Progress {
  let current: Progress['current']
  const finished: Finished[] = []
  for (const event of events) {
    if (event.event === 'begin') current = { step: event.step, phase: event.phase, began: event.at }
    else if (current && event.event === 'phase') current.phase = event.phase
    else if (current && event.event === 'end') {
      const { at, tfft, failed, skipped } = event
      const result: Result = {
        ...(tfft !== undefined && { tfft }),
        ...(failed !== undefined && { failed }),
        ...(skipped !== undefined && { skipped }),
      }
      finished.push({ step: current.step, seconds: Math.max(0, at - current.began), ...result })
      current = undefined
    }
  }
  return { ...(current && { current }), finished, ahead: stillAhead(plan, finished, current?.step) }
}

/** Where a run stands, from its folder alone. */
export const readProgress = (folder: string): Progress => follow(readEvents(folder), [])

/** Of one group's step: trials of two groups are apart here. */
const place = (step: Step) => `${step.group} ${stepName(step)}`

function stillAhead(plan: Step[], finished: Finished[], current: Step | undefined): Step[] {
  const done = new Map<string, number>()
  for (const step of [...finished.map(({ step }) => step), ...(current ? [current] : [])])
    done.set(place(step), (done.get(place(step)) ?? 0) + 1)
  const given = new Set(
    finished
      .filter(({ step, failed, skipped }) => step.kind === 'prepare' && (failed ?? skipped) !== undefined)
      .map(({ step }) => place({ ...step, kind: 'trial' })),
  )
  return plan.filter(step => {
    const left = done.get(place(step)) ?? 0
    done.set(place(step), left - 1)
    return left <= 0 && !given.has(place(step))
  })
}
