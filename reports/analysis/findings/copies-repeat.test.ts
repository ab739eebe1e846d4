import { expect, test } from 'vitest'
import { copiesRepeat } from './copies-repeat.ts'
import { found, scene } from './facts.ts'

const clones = (evidence: Record<string, string | undefined>) =>
  found(
    copiesRepeat,
    scene([{ id: 'clones/four', strategy: 'clones', evidence: { ...evidence } as Record<string, string> }]),
  )['clones/four']

test.each([
  [
    { 'copies.random': 'repeat', 'copies.ids': 'differ' },
    /^the same answer at temperature 1 .* in \d+ trials?$/,
    /seed/,
  ],
  [{ 'copies.ids': 'repeat' }, /^the same id of an answer in \d+ trials?$/, /port or name/],
  [{ 'copies.random': 'repeat', 'copies.ids': 'repeat' }, /temperature 1 .*; the same id/, /seed/],
])('%o fires', (evidence, says, remedy) => {
  expect(clones(evidence)).toMatchObject({
    code: 'copies-repeat',
    evidence: expect.stringMatching(says),
    remedy: expect.stringMatching(remedy),
  })
})

test.each([{ 'copies.random': 'differ', 'copies.ids': 'differ' }, {}])('%o is silent', evidence => {
  expect(clones(evidence)).toBeUndefined()
})
