import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Problem } from '../../helpers/core/problem.ts'
import { corruptText, corruptValue, orItsOwnError } from '../../helpers/testing/corrupt.ts'
import { recorded, trial } from '../testing/recorded/builders.ts'
import { trialSchema } from './schema.ts'
import { appendTrial, parseTrials, readRun, readTrials } from './trials.ts'

const isJson = (text: string) => {
  try {
    return JSON.parse(text) !== undefined
  } catch {
    return false
  }
}
const file = () => join(mkdtempSync(join(tmpdir(), 'trials-')), 'trials.jsonl')
const line = (index: number, more = {}) =>
  `${JSON.stringify(trial({ trial: index + 1, sequence: index, error: index % 2 ? 'ü — 語' : undefined, ...more }))}\n`
const lines = (count: number) => Array.from({ length: count }, (_, index) => line(index)).join('')

describe('appendTrial', () => {
  it('adds one line each, for the owner only', () => {
    const path = file()
    appendTrial(path, trial({ trial: 1 }))
    appendTrial(path, trial({ trial: 2, sequence: 1 }))
    expect(readTrials(path)).toEqual({ trials: [trial({ trial: 1 }), trial({ trial: 2, sequence: 1 })], notes: [] })
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })
  it('keeps a trial whose error has line breaks on one line', () => {
    const path = file()
    appendTrial(path, trial({ outcome: 'failed', error: 'podman ended with 125\nError: no such container' }))
    expect(readFileSync(path, 'utf8').trimEnd().split('\n')).toHaveLength(1)
    expect(readTrials(path).trials[0]?.error).toContain('\nError')
  })
  it('begins a new line after one that was torn, with bytes that are no UTF-8', () => {
    for (const torn of ['{"scenario":"co', '\0\0', Buffer.from([0xc3, 0x28, 0xff])]) {
      const path = file()
      writeFileSync(path, torn)
      appendTrial(path, trial({ trial: 2 }))
      expect(readTrials(path)).toEqual({
        trials: [trial({ trial: 2 })],
        notes: [expect.stringContaining(':1 is torn')],
      })
    }
  })
  it('writes nothing that could not be read again', () => {
    const path = file()
    expect(() => appendTrial(path, { ...trial(), total_cold_start_tfft: -1 })).toThrow()
    expect(() => readTrials(path)).toThrow('does not exist')
  })
})

describe('parseTrials', () => {
  it('gives back the whole trials of a file that was cut anywhere, and says when a line was torn', () =>
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4 }), fc.double({ min: 0, max: 1, noNaN: true }), (count, share) => {
        const whole = Buffer.from(lines(count))
        const at = Math.floor(share * whole.length)
        const text = whole.subarray(0, at).toString('utf8')
        const { trials, notes } = parseTrials(text, 'trials.jsonl')
        const ended = text.split('\n').length - 1
        expect(trials.map(one => one.trial)).toEqual(Array.from({ length: trials.length }, (_, index) => index + 1))
        expect([ended, ended + 1]).toContain(trials.length)
        expect(notes.length).toBe(text.endsWith('\n') || text === '' || trials.length > ended ? 0 : 1)
      }),
    ))
  it('loses no whole line to one that is torn, wherever it stands: a crash leaves NULs, a full disk half a line', () =>
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.constant(true),
            fc.constantFrom('\0\0\0', '{"scenario":', lines(1).slice(0, 80), '\uFFFD\uFFFD', '{"a": "\r', 'NaN'),
            corruptText(lines(1).trim()).map(text => text.replaceAll('\n', ' ')),
          ),
          { maxLength: 8 },
        ),
        parts => {
          const torn = parts.filter(part => part !== true && part.trim() !== '' && !isJson(part)).length
          fc.pre(parts.every(part => part === true || part.trim() === '' || !isJson(part)))
          const { trials, notes } = parseTrials(
            parts.map((part, index) => (part === true ? line(index) : `${part}\n`)).join(''),
            'trials.jsonl',
          )
          expect([trials.length, notes.length]).toEqual([parts.filter(part => part === true).length, torn])
        },
      ),
    ))
  it('gives trials or a Problem, whatever a file holds', () =>
    fc.assert(
      fc.property(
        fc.oneof(
          corruptText(lines(3)),
          fc.string(),
          corruptValue(trial()).map(value => `${JSON.stringify(value)}\n`),
        ),
        text => {
          const read = orItsOwnError(Problem, () => parseTrials(text, 'trials.jsonl'))
          for (const one of read?.trials ?? []) expect(trialSchema.safeParse(one).success).toBe(true)
        },
      ),
      { numRuns: 500 },
    ))
  it('names file and line of JSON that is no trial', () => {
    expect(() => parseTrials(`${lines(1)}{"scenario": 1}\n${lines(1)}`, 'run/trials.jsonl')).toThrow(
      'run/trials.jsonl:2 is not a trial',
    )
    expect(() => parseTrials(`${lines(2)}{}\n`, 'run/trials.jsonl')).toThrow(
      /run\/trials\.jsonl:3 is not a trial: .*timestamp/,
    )
  })
  it.for([
    ['0', 'total_cold_start_tfft'],
    ['-1', 'total_cold_start_tfft'],
    ['1e999', 'total_cold_start_tfft'],
    ['0', 'inference_tfft'],
    ['-1e999', 'full_response_time'],
  ] as const)('a time of %s in %s is no trial, and the line is named', ([value, field]) => {
    const broken = line(1).replace(new RegExp(`"${field}":[\\d.]+`), `"${field}":${value}`)
    expect(() => parseTrials(`${line(0)}${broken}`, 'trials.jsonl')).toThrow(
      `trials.jsonl:2 is not a trial: ${field}: `,
    )
  })
  it('a trial that stands twice is an error naming both lines: the same number, or the same place in the order', () => {
    const twice = (second: string) => () => parseTrials(`${line(0)}\n${line(1)}${second}`, 'trials.jsonl')
    expect(twice(line(0))).toThrow('trials.jsonl:1 and trials.jsonl:4 are both trial 1 of cold in the group test')
    expect(twice(line(2, { trial: 2 }))).toThrow('trials.jsonl:3 and trials.jsonl:4 are both trial 2 of cold')
    expect(twice(line(1, { trial: 3 }))).toThrow(
      'trials.jsonl:3 and trials.jsonl:4 are both number 1 in the order of the group test',
    )
    expect(twice(line(1, { scenario: 'other', sequence: 2 }))).not.toThrow()
    expect(twice(line(0, { group: 'other' }))).not.toThrow()
  })
})

it('readRun gives a run or a Problem, whatever the file holds', () => {
  const path = file()
  const { run } = recorded('without-gpu')
  fc.assert(
    fc.property(
      fc.oneof(
        corruptText(JSON.stringify(run)),
        corruptValue(run).map(value => JSON.stringify(value) ?? ''),
      ),
      text => {
        writeFileSync(path, text)
        orItsOwnError(Problem, () => readRun(path))
      },
    ),
  )
  expect(() => readRun('/proc')).toThrow(Problem)
})

it('readRun says what is wrong in the file', () => {
  const path = file()
  writeFileSync(path, '{"schema":"criu-gpu-bench/run@1"}')
  expect(() => readRun(path)).toThrow(/is not a run: timestamp/)
})
