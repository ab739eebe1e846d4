import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { trial } from '../testing/recorded/builders.ts'
import { appendTrial, readTrials, replaceLastTrial } from './trials.ts'

it.each([1, 3])('the last of %d trials is replaced, the others stay as they are', number => {
  const folder = mkdtempSync(join(tmpdir(), 'trials-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'trials.jsonl')
  for (let index = 1; index <= number; index++) appendTrial(path, trial({ trial: index, sequence: index }))
  const before = readTrials(path).trials
  const whole = { ...before.at(-1)!, load: { tokens: [4, 4], requests: 2 } }
  replaceLastTrial(path, whole)
  expect(readTrials(path).trials).toEqual([...before.slice(0, -1), whole])
  appendTrial(path, trial({ trial: number + 1, sequence: number + 1 }))
  expect(readTrials(path).trials).toHaveLength(number + 1)
})
