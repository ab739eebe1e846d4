import { describe, expect, it, test } from 'vitest'
import { alternate } from '../../fixtures/run/order.ts'
import { run } from '../testing/recorded/builders.ts'
import { halfTime, type Known, secondsLeft, typicalSeconds } from './estimate.ts'
import { follow, type ProgressEvent } from './progress.ts'
import { type Step, stepName, stepsOf } from './steps.ts'

/** A stream of numbers from 0 to 1 that is the same for the same seed (mulberry32). */
function random(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** The default without a GPU: a group for each strategy, beside the same cold start. */
const SEVERAL: [string, string[]][] = [
  ['cold', ['cold', 'cold/page-cache']],
  ['podman-import', ['cold', 'podman-import/zstd', 'podman-import/gzip', 'podman-import/none']],
  ['podman-in-place', ['cold', 'podman-in-place/disk', 'podman-in-place/tmpfs', 'podman-in-place/mapped']],
  ['runtime-direct', ['cold', 'runtime-direct/tmpfs']],
]
/** As on a GPU: one group, whose preparations take most of the time. */
const ONE: [string, string[]][] = [['ladder', ['cold', 'podman-in-place/asleep', 'podman-in-place/best']]]

/** The steps in the order in which they run. */
const planOf = (groups: [string, string[]][], iterations = 5): Step[] =>
  groups.flatMap(([group, ids]) => {
    const asked = run(
      ids.map(id => ({ id, group })),
      { iterations },
    )
    const others = stepsOf(asked, []).filter(({ kind }) => kind !== 'trial')
    const trials = alternate(ids, iterations).map((scenario): Step => ({ kind: 'trial', group, scenario }))
    return [...others.slice(0, -1), ...trials, others.at(-1)!]
  })

/** How long each step takes on a host: cold starts and preparations long, restores short. */
function hostOf(plan: Step[], next: () => number): Known {
  const base = { open: 0.2, close: 1, prepare: 20, trial: 2 }
  return Object.fromEntries(
    plan.map(step => [stepName(step), base[step.kind] * (step.scenario === 'cold' ? 3 : 1) * (0.5 + next())]),
  )
}

/** Events of a run whose steps take what the host takes, more or less by `noise`. */
function simulate(plan: Step[], host: Known, noise: number, next: () => number): ProgressEvent[] {
  let at = 1000
  return plan.flatMap((step): ProgressEvent[] => {
    const begin = at
    at += host[stepName(step)]! * (1 + noise * (2 * next() - 1))
    return [
      { event: 'begin', at: begin, step, phase: 'working' },
      { event: 'end', at, ...(step.kind === 'trial' && { tfft: 1 }) },
    ]
  })
}

/** Shares by which the prediction at half-time was wrong in many simulated runs, the smallest first. */
function errors(groups: [string, string[]][], noise: number, earlier?: { noise: number; pace: number }): number[] {
  return Array.from({ length: 200 }, (_, seed) => {
    const next = random(seed)
    const plan = planOf(groups)
    const host = hostOf(plan, next)
    const before = earlier && follow(simulate(plan, host, earlier.noise, next), plan).finished
    const known = before ? typicalSeconds(before) : {}
    const now = Object.fromEntries(Object.entries(host).map(([name, value]) => [name, value * (earlier?.pace ?? 1)]))
    const { predicted, took } = halfTime(simulate(plan, now, noise, next), plan, known)!
    return Math.abs(predicted! - took) / took
  }).sort((a, b) => a - b)
}
const within = (share: number, all: number[]) => all.filter(error => error <= share).length / all.length

describe('the time left at half-time, simulated', () => {
  it('is within 20 % where one group was prepared before, on the first run on a host', () =>
    expect(within(0.2, errors(ONE, 0.15))).toBeGreaterThan(0.95))
  it('is within 20 % where groups are still to be prepared and an earlier run knows them', () =>
    expect(within(0.2, errors(SEVERAL, 0.15, { noise: 0.15, pace: 1 }))).toBeGreaterThan(0.95))
  it('is within 20 % on a host that is slower today', () =>
    expect(within(0.2, errors(SEVERAL, 0.15, { noise: 0.15, pace: 2.5 }))).toBeGreaterThan(0.95))
  it('is no better than a guess where nobody has prepared such a thing before, and that is known', () =>
    expect(within(0.5, errors(SEVERAL, 0.15))).toBeGreaterThan(0.9))
})

const plan = planOf(ONE, 2)
const done = (names: string[], seconds: number) =>
  follow(
    plan
      .filter(step => names.includes(stepName(step)))
      .flatMap((step, index): ProgressEvent[] => [
        { event: 'begin', at: index * seconds, step, phase: 'working' },
        { event: 'end', at: (index + 1) * seconds },
      ]),
    plan,
  )

test('nothing is promised while a cold start is all that is known', () => {
  expect(secondsLeft(done([], 1), {}, 0)).toBeUndefined()
  expect(secondsLeft(done(['open ladder', 'prepare ladder cold', 'trial cold'], 10), {}, 50)).toBeUndefined()
})

test('preparation counts: what one way took is expected of the next', () => {
  const names = plan.map(stepName).filter(name => name !== 'trial podman-in-place/best' && name !== 'close ladder')
  expect(secondsLeft(done(names, 10), {}, 80)).toBeCloseTo(20)
})

test('of the current step what is left of it', () => {
  const known = Object.fromEntries(plan.map(step => [stepName(step), 10]))
  const events: ProgressEvent[] = [{ event: 'begin', at: 100, step: plan[0]!, phase: 'working' }]
  const left = (now: number) => secondsLeft(follow(events, plan), known, now)
  expect(left(100)).toBeCloseTo(10 * plan.length)
  expect(left(104)).toBeCloseTo(10 * plan.length - 4)
  expect(left(200)).toBeCloseTo(10 * (plan.length - 1))
})

test('a run that was broken off has no half-time, nor has one without a trial', () => {
  const events = simulate(plan, hostOf(plan, random(1)), 0, random(1))
  expect(halfTime(events, plan, {})).toMatchObject({ trials: 3 })
  expect(halfTime(events.slice(0, -1), plan, {})).toBeUndefined()
  expect(halfTime(events.slice(0, -4), plan, {})).toBeUndefined()
  expect(halfTime([], [], {})).toBeUndefined()
})

test('what failed says nothing about how long it takes', () => {
  const [open, first] = plan
  const events: ProgressEvent[] = [
    { event: 'begin', at: 0, step: open!, phase: 'a' },
    { event: 'end', at: 1 },
    { event: 'begin', at: 1, step: first!, phase: 'a' },
    { event: 'end', at: 300, failed: 'it never answered' },
  ]
  expect(typicalSeconds(follow(events, plan).finished)).toEqual({ 'open ladder': 1 })
})
