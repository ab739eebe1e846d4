import { expect, it } from 'vitest'
import { parseLoad } from '../core/load-options.ts'
import { loadPrompt, longQuestions } from './load-prompts.ts'

it('prompts are of so many words, each its own, and the same in every trial', () => {
  const all = Array.from({ length: 50 }, (_, number) => loadPrompt(number, 12))
  for (const prompt of all) expect(prompt.split(' ')).toHaveLength(12)
  expect(new Set(all).size).toBe(50)
  expect(loadPrompt(7, 12)).toBe(all[7])
})

it('long questions have room in the context, and there are none where none are asked for', () => {
  const load = parseLoad('answers=300', 4096)
  if (typeof load === 'string') throw new Error(load)
  expect(longQuestions(load, 4096).map(({ maxTokens }) => maxTokens)).toEqual([300, 300, 300, 300])
  expect(longQuestions(load, 200)[0]!.maxTokens).toBe(100)
  expect(longQuestions({ ...load, answers: 0 }, 4096)).toEqual([])
  expect(longQuestions(undefined, 4096)).toEqual([])
})
