import { expect, it } from 'vitest'
import { loadText, parseLoad } from './load-options.ts'

it('takes some options, and defaults for the others', () => {
  expect(parseLoad('concurrency=2  tolerance=2.5', 4096)).toEqual({
    concurrency: 2,
    seconds: 10,
    prompt: 128,
    output: 64,
    answers: 512,
    tolerance: 2.5,
  })
})

it.each([
  ['', 'one or several of concurrency=N'],
  ['1', 'one or several of'],
  ['concurrency', 'one or several of'],
  ['concurrency=-1', 'one or several of'],
  ['streams=4', 'streams is none of them'],
  ['seconds=4 seconds=5', 'seconds is there twice'],
  ['concurrency=0', 'concurrency: '],
  ['seconds=3', 'seconds: '],
  ['seconds=4.5', 'seconds: a whole number from 4 to 3600'],
  ['answers=513', 'answers: '],
  ['tolerance=0', 'tolerance: '],
  ['prompt=4000 output=97', 'at most MAX_MODEL_LEN, 4096 tokens'],
])('refuses %j', (text, why) => expect(parseLoad(text, 4096)).toContain(why))

it('a text for the fingerprint, without the tolerance', () => {
  const [strict, lax] = [parseLoad('seconds=5 tolerance=1', 4096), parseLoad('seconds=5 tolerance=9', 4096)]
  if (typeof strict === 'string' || typeof lax === 'string') throw new Error('both are good')
  expect(loadText(strict)).toBe('concurrency=8 seconds=5 prompt=128 output=64 answers=512')
  expect(loadText(lax)).toBe(loadText(strict))
})
