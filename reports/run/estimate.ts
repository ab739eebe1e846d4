import { follow, type Progress, type ProgressEvent, trialsOf } from './progress.ts'
import type { HalfTime } from './schema.ts'
import { namedStep, type Step, stepName } from './steps.ts'

/** How long a run still takes, from what it has done so far and from earlier runs on the same host. All pure. */

/** Seconds that a step took in earlier runs, by its name. */
export type Known = Record<string, number>

/** Seconds that each step took in a run, by its name: the mean, since what is asked for is the sum of them. */
export function typicalSeconds(finished: Progress['finished']): Known {
  const whole = finished.filter(({ failed, skipped }) => failed === undefined && skipped === undefined)
  const byName = Map.groupBy(whole, ({ step }) => stepName(step))
  return Object.fromEntries([...byName].map(([name, all]) => [name, mean(all.map(({ seconds }) => seconds))]))
}

/** Seconds of some steps before any of them ran, as {@link secondsLeft} has them. */
export const secondsOf = (steps: Step[], known: Known): number | undefined => secondsLeft(follow([], steps), known, 0)

/**
 * Seconds until the last step has ended; undefined while nothing tells how long one of them takes: a cold start says
 * nothing about what is compared with it.
 * @param now on the clock of the events
 */
export function secondsLeft({ current, finished, ahead }: Progress, known: Known, now: number): number | undefined {
  const expected = expectation(finished, known)
  const running = current && expected(current.step)
  const coming = ahead.map(expected)
  if ((current && running === undefined) || coming.includes(undefined)) return undefined
  const rest = current ? Math.max(0, running! - Math.max(0, now - current.began)) : 0
  return coming.reduce<number>((sum, seconds) => sum + seconds!, rest)
}

/** How good the time left was; undefined for a run that did not end. */
export function halfTime(events: ProgressEvent[], plan: Step[], known: Known): HalfTime | undefined {
  const end = follow(events, plan)
  const trials = Math.ceil(trialsOf(end) / 2)
  if (trials === 0 || end.current || end.ahead.length > 0) return undefined
  for (let index = 0, ended = 0, trial = false; index < events.length; index++) {
    const event = events[index]!
    if (event.event === 'begin') trial = event.step.kind === 'trial'
    if (event.event !== 'end' || !trial || ++ended < trials) continue
    const then = follow(events.slice(0, index + 1), plan)
    return { trials, predicted: secondsLeft(then, known, event.at) ?? null, took: events.at(-1)!.at - event.at }
  }
}

const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

const strategyOf = ({ scenario = '' }: Step) => scenario.split(/[./]/)[0]!

/**
 * Seconds of a step: as in this run, else as in earlier ones at this run's pace, else as what comes nearest to it.
 */
function expectation(finished: Progress['finished'], known: Known): (step: Step) => number | undefined {
  const seen = typicalSeconds(finished)
  const pace = paceOf(seen, known)
  const samples = new Map(finished.map(({ step }) => [stepName(step), step]))
  const near = [
    ...[...samples].flatMap(([name, step]) => (seen[name] === undefined ? [] : [{ step, seconds: seen[name] }])),
    ...Object.keys(known).flatMap(name =>
      seen[name] === undefined ? [{ step: namedStep(name), seconds: known[name]! * pace }] : [],
    ),
  ]
  const meanOf = (like: (step: Step) => boolean) => {
    const all = near.filter(({ step }) => like(step))
    return all.length > 0 ? mean(all.map(({ seconds }) => seconds)) : undefined
  }
  const memo = new Map<string, number | undefined>()
  const look = (step: Step): number | undefined => {
    const name = stepName(step)
    if (seen[name] !== undefined) return seen[name]
    if (known[name] !== undefined) return known[name] * pace
    const same = (other: Step) => other.kind === step.kind
    if (step.kind === 'open' || step.kind === 'close') return meanOf(same) ?? 0
    return (
      meanOf(other => same(other) && other.scenario === step.scenario) ??
      meanOf(other => same(other) && strategyOf(other) === strategyOf(step)) ??
      meanOf(other => same(other) && strategyOf(other) !== 'cold')
    )
  }
  return step => {
    const name = stepName(step)
    if (!memo.has(name)) memo.set(name, look(step))
    return memo.get(name)
  }
}

/** How much longer this run's steps take than they did before. */
function paceOf(seen: Known, known: Known): number {
  const both = Object.keys(seen).filter(name => known[name] !== undefined)
  const sum = (of: Known) => both.reduce((total, name) => total + of[name]!, 0)
  return sum(known) > 0 ? sum(seen) / sum(known) : 1
}
