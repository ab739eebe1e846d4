import type { LoadOptions } from '../core/load-options.ts'
import { mulberry32 } from '../core/statistics.ts'
import type { Endpoint } from './completion-request.ts'

/** What a server is asked under load and before it. Pure; every trial asks the same. */

/** Short words, a token each in the vocabularies of most models. */
const WORDS =
  'time year people way day man thing woman life child world school state family student group country problem hand ' +
  'part place case week company system program question work government number night point home water room mother ' +
  'area money story fact month lot right study book eye job word business issue side kind head house service friend'
const LIST = WORDS.split(' ')

/** A prompt of so many words, another one for each number: what is remembered of one helps no other. */
export function loadPrompt(number: number, words: number): string {
  const random = mulberry32(number + 1)
  return Array.from({ length: words }, () => LIST[Math.floor(random() * LIST.length)]).join(' ')
}

const LONG = [
  'The history of the steam engine began when',
  'Here is how to bake bread, step by step:\n1.',
  'def quicksort(values):\n',
  'The difference between a process and a thread is',
]

/** Questions with long answers; none where LOAD asks for none. A prompt and its answer have room in `maxModelLen`. */
export function longQuestions(load: LoadOptions | undefined, maxModelLen: number) {
  const maxTokens = Math.min(load?.answers ?? 0, Math.floor(maxModelLen / 2))
  return maxTokens > 0 ? LONG.map((prompt): Pick<Endpoint, 'prompt' | 'maxTokens'> => ({ prompt, maxTokens })) : []
}
