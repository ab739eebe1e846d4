import { mkdir } from 'node:fs/promises'
import { afterEach, expect, test, vi } from 'vitest'
import type { Configuration } from '../config/configuration.ts'
import { Problem } from '../core/problem.ts'
import { after, type Found, makeMissing, missing, ok, probeAll, type Step, unusable, withoutRoot } from './step.ts'

const c = {} as Configuration
afterEach(() => {
  vi.useRealTimers()
})

/** A step whose probe gives one answer after the other, the last for ever; `log` gets what is called. */
function step(name: string, log: string[], ...answers: Found[]): Step {
  return {
    name,
    async probe() {
      log.push(`probe ${name}`)
      return answers.length > 1 ? answers.shift()! : answers[0]!
    },
    async make(_, say) {
      log.push(`make ${name}`)
      say('working')
    },
  }
}

test('what is there is left alone, what is missing is made in order and looked at again', async () => {
  const log: string[] = []
  const said: string[] = []
  const made = await makeMissing(
    [
      step('a', log, ok('1.0')),
      step('b', log, missing('no b'), ok('2.0')),
      step('c', log, { state: 'too-old', found: 'c 0.1' }, ok('c 3.0', 'more memory')),
    ],
    c,
    line => said.push(line),
  )
  expect(log).toEqual(['probe a', 'probe b', 'make b', 'probe b', 'probe c', 'make c', 'probe c'])
  expect(made).toEqual(['b', 'c'])
  expect(said).toEqual(['b: no b', 'b: working', 'b: 2.0', 'c: c 0.1', 'c: working', 'c: c 3.0 (more memory)'])
})

test('what cannot be looked at before another is there is not, and is made after it', async () => {
  const log: string[] = []
  const first = step('packages', log, missing('no podman'), missing('no podman'), ok('podman'))
  const second = after(first, step('image', log, missing('none'), ok('there')))
  expect(await probeAll([second], c)).toEqual([missing('not looked for before packages are ok')])
  expect(await makeMissing([first, second], c, () => {})).toEqual(['packages', 'image'])
  expect(log.filter(line => !line.endsWith('packages'))).toEqual(['probe image', 'make image', 'probe image'])
})

test('a step that takes long says that it goes on, with the seconds since it last said something', async () => {
  vi.useFakeTimers()
  const said: string[] = []
  const long = {
    ...step('image', [], missing('none'), ok('there')),
    async make(_: Configuration, say: (line: string) => void) {
      await vi.advanceTimersByTimeAsync(25_000)
      say('pulling')
      await vi.advanceTimersByTimeAsync(45_000)
    },
  }
  await makeMissing([long], c, line => said.push(line))
  await vi.advanceTimersByTimeAsync(60_000)
  expect(said).toEqual([
    'image: none',
    'image: being made · 20 s',
    'image: pulling',
    'image: pulling · 20 s',
    'image: pulling · 40 s',
    'image: there',
  ])
})

test('what is unusable stops the set-up at once, with what to do', async () => {
  const log: string[] = []
  const failure = makeMissing(
    [step('a', log, { state: 'unusable', found: 'a is broken', remedy: 'repair a' }), step('b', log, ok('b'))],
    c,
    () => {},
  )
  await expect(failure).rejects.toThrow(new Problem('set-up: a unusable: a is broken\nrepair a'))
  expect(log).toEqual(['probe a'])
})

test('a step that is not ok after it was made stops the set-up, with what to do', async () => {
  const log: string[] = []
  const failure = makeMissing([step('a', log, missing('no a', 'bring a')), step('b', log, ok('b'))], c, () => {})
  await expect(failure).rejects.toThrow(new Problem('set-up: a is still missing after set-up: no a\nbring a'))
  expect(log).toEqual(['probe a', 'make a', 'probe a'])
})

test('a probe that throws is a finding, not the end of the others', async () => {
  const broken: Step = { name: 'broken', probe: () => Promise.reject(new Error('no such thing')), make: async () => {} }
  expect(await probeAll([broken, step('a', [], ok('a'))], c)).toEqual([
    { state: 'unusable', found: 'no such thing', remedy: 'npm run setup' },
    ok('a'),
  ])
})

test('what the system refuses to a step is said in a line, a defect keeps its stack', async () => {
  const failing = (error: Error) => ({ ...step('model', [], missing('no model')), make: () => Promise.reject(error) })
  const refused = (await mkdir('/etc/hostname').catch((error: Error) => error)) as Error
  await expect(makeMissing([failing(refused)], c, () => {})).rejects.toThrow(Problem)
  await expect(makeMissing([failing(refused)], c, () => {})).rejects.toThrow(
    "set-up: model: EEXIST: file already exists, mkdir '/etc/hostname'\nCheck that path",
  )
  await expect(makeMissing([failing(new TypeError('x'))], c, () => {})).rejects.toThrow(TypeError)
})

test('without root what may not be looked at was not seen, and is no defect', () => {
  expect(withoutRoot(unusable("EACCES: permission denied, mkdir '/run/x'", 'Repair podman'))).toEqual({
    state: 'unseen',
    found: "only root can look: EACCES: permission denied, mkdir '/run/x'",
  })
  for (const found of [unusable('podman version 3 is too old', 'a newer one'), missing('not there'), ok('EACCES')])
    expect(withoutRoot(found)).toBe(found)
})
