import { expect, test } from 'vitest'
import { run } from '../testing/recorded/builders.ts'
import { follow, type ProgressEvent } from './progress.ts'
import { type Step, stepName, stepsOf } from './steps.ts'

const asked = run([{ id: 'cold' }, { id: 'place' }, { id: 'cold', group: 'other' }], { iterations: 2 })
const plan = stepsOf(asked, [])
const trial = (scenario: string, group = 'test'): Step => ({ kind: 'trial', group, scenario })
const prepare = (scenario: string): Step => ({ ...trial(scenario), kind: 'prepare' })
const did = (step: Step, at = 0, result = {}): ProgressEvent[] => [
  { event: 'begin', at, step, phase: 'starting' },
  { event: 'end', at: at + 1, ...result },
]
const trialsOf = (steps: Step[]) => steps.filter(({ kind }) => kind === 'trial').map(({ scenario }) => scenario)

test('a run opens each group, prepares its scenarios, measures them and takes all away', () =>
  expect(plan.map(stepName)).toEqual([
    ...['open test', 'prepare test cold', 'prepare test place'],
    ...['trial cold', 'trial cold', 'trial place', 'trial place', 'close test'],
    ...['open other', 'prepare other cold', 'trial cold', 'trial cold', 'close other'],
  ]))

test('what is skipped from the beginning is no step, nor is what is measured', () => {
  const skipping = run([{ id: 'cold' }, { id: 'wake', skipped: 'no GPU' }], { iterations: 2 })
  expect(stepsOf(skipping, []).map(stepName)).toEqual([
    ...['open test', 'prepare test cold', 'trial cold', 'trial cold', 'close test'],
  ])
  const measured = [
    { group: 'test', scenario: 'cold' },
    { group: 'test', scenario: 'cold' },
    { group: 'test', scenario: 'place' },
  ]
  expect(stepsOf(asked, measured).map(stepName)).toEqual([
    ...['open test', 'prepare test place', 'trial place', 'close test'],
    ...['open other', 'prepare other cold', 'trial cold', 'trial cold', 'close other'],
  ])
})

test('of batches, the next one measures its baseline anew as long as anything else is lacking', () => {
  const based = run([{ id: 'cold', baseline: true }, { id: 'place' }], { iterations: 2 })
  const trials = (scenario: string, batch?: number) => ({ group: 'test', scenario, batch })
  const first = [trials('cold', 1), trials('cold', 1), trials('place', 1)]
  expect(trialsOf(stepsOf(based, first))).toEqual(['cold', 'cold', 'place'])
  expect(trialsOf(stepsOf(based, [...first, trials('place', 1)]))).toEqual([])
  const whole = first.map(({ scenario }) => trials(scenario))
  expect(trialsOf(stepsOf(based, whole))).toEqual(['place'])
})

test('each batch that is planned measures its baseline', () => {
  const based = run([{ id: 'cold', baseline: true }, { id: 'place' }, { id: 'mapped' }], { iterations: 2 })
  const both = ['place', 'place', 'mapped', 'mapped']
  expect(trialsOf(stepsOf(based, [], { test: 2 }))).toEqual([...Array(4).fill('cold'), ...both])
  expect(trialsOf(stepsOf(based, [], { test: 1, other: 3 }))).toEqual(['cold', 'cold', ...both])
  const measured = [...both.slice(0, 2), 'cold', 'cold'].map(scenario => ({ group: 'test', scenario, batch: 1 }))
  expect(trialsOf(stepsOf(based, measured, { test: 1 }))).toEqual(['cold', 'cold', 'mapped', 'mapped'])
})

test('what has ended, or runs, is no longer ahead', () => {
  expect(trialsOf(follow([], plan).ahead)).toEqual(['cold', 'cold', 'place', 'place', 'cold', 'cold'])
  const begun = follow([...did(trial('cold')), { event: 'begin', at: 3, step: trial('cold'), phase: 'starting' }], plan)
  expect(trialsOf(begun.ahead)).toEqual(['place', 'place', 'cold', 'cold'])
  expect(begun.current).toEqual({ step: trial('cold'), phase: 'starting', began: 3 })
  expect(begun.finished).toEqual([{ step: trial('cold'), seconds: 1 }])
})

test('a scenario that could not be prepared has no trials ahead', () => {
  for (const result of [{ failed: 'no room' }, { skipped: 'no memory left' }]) {
    const { ahead, finished } = follow(did(prepare('place'), 0, result), plan)
    expect(trialsOf(ahead)).toEqual(['cold', 'cold', 'cold', 'cold'])
    expect(finished).toMatchObject([result])
  }
})

test('more trials than were planned leave none ahead', () =>
  expect(
    trialsOf(
      follow(
        [1, 2, 3].flatMap(at => did(trial('place'), at)),
        plan,
      ).ahead,
    ),
  ).toEqual([...['cold', 'cold', 'cold', 'cold']]))

test('a group that says what it still does is believed, and the others are as planned', () => {
  const again: ProgressEvent = { event: 'ahead', at: 2, group: 'test', steps: [trial('place'), trial('place')] }
  const { ahead } = follow([...did(trial('cold')), again, ...did(trial('place'), 2)], plan)
  expect(trialsOf(ahead)).toEqual(['place', 'cold', 'cold'])
  expect(trialsOf(follow([again, { ...again, steps: [] }], plan).ahead)).toEqual(['cold', 'cold'])
})

test('a step that was broken off, or an end without a begin, is none that finished', () => {
  const broken: ProgressEvent[] = [
    { event: 'end', at: 0 },
    { event: 'begin', at: 1, step: trial('cold'), phase: 'starting' },
    { event: 'begin', at: 2, step: { kind: 'close', group: 'test' }, phase: 'clearing up' },
    { event: 'end', at: 3 },
  ]
  expect(follow(broken, plan).finished.map(({ step }) => step.kind)).toEqual(['close'])
})
