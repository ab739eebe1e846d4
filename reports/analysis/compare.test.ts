import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { gateVerdict, renderGate } from '../render/gate-table.ts'
import type { Report } from '../run/schema.ts'
import { earlier, recorded, run, trials } from '../testing/recorded/builders.ts'
import { checkFingerprint, compareRuns, compareScenario, readReference } from './compare.ts'
import { summarize } from './summary.ts'

const steady = [1, 1.01, 0.99, 1.02, 0.98]
const times = (values: number[], scale: number) => values.map(value => value * scale)
const report = (values: Record<string, number[]>, fingerprint: Record<string, string | null> = { cpu: 'a' }): Report =>
  summarize(
    run(
      Object.keys(values).map(id => ({ id })),
      { host: { ...run([]).host, fingerprint } },
    ),
    Object.entries(values).flatMap(([scenario, tffts]) => trials(tffts, { scenario })),
  )
const earlierOf = (...of: Parameters<typeof report>) => earlier(report(...of))
const verdict = (before: number[], after: number[], tolerance = 0.1) =>
  compareScenario('a', before, after, tolerance).verdict

describe('compareScenario', () => {
  it('slower, faster, no difference', () => {
    expect(verdict(steady, times(steady, 1.3))).toBe('slower')
    expect(verdict(steady, times(steady, 0.7))).toBe('faster')
    expect(verdict(steady, steady)).toBe('no-difference')
  })
  it('a sure change within the tolerance is no regression, and the tolerance can be narrowed', () => {
    expect(verdict(steady, times(steady, 1.07))).toBe('no-difference')
    expect(verdict(steady, times(steady, 1.07), 0.05)).toBe('slower')
  })
  it('a large change that may be chance is no regression', () => {
    expect(verdict([1, 1.5, 0.7, 1.1, 2], [1.3, 0.8, 1.6, 1.4, 2.2])).toBe('no-difference')
  })
  it('fewer than four trials cannot tell, however large the change', () => {
    expect(verdict([1, 1, 1], [10, 10, 10, 10, 10])).toBe('cannot-tell')
    expect(verdict(steady, [10, 10, 10])).toBe('cannot-tell')
    expect(verdict(steady.slice(1), times(steady.slice(1), 2))).toBe('slower')
  })
  it('missing on either side is said', () => {
    expect(compareScenario('a', [], steady, 0.1)).toMatchObject({ verdict: 'missing', reference_p50: null, p50: 1 })
    expect(verdict(steady, [])).toBe('missing')
  })
  it('never calls the same run slower or faster, whatever its noise', () =>
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.01, max: 100, noNaN: true }), { minLength: 1, maxLength: 10 }),
        values => {
          expect(['no-difference', 'cannot-tell']).toContain(verdict(values, values))
        },
      ),
      { numRuns: 50 },
    ))
  it('sees a sure delay in whatever is steady', () =>
    fc.assert(
      fc.property(fc.double({ min: 0.05, max: 100, noNaN: true }), fc.integer({ min: 4, max: 8 }), (level, n) => {
        const values = Array.from({ length: n }, (_, index) => level * (1 + index / 100))
        expect(verdict(values, times(values, 1.5))).toBe('slower')
      }),
      { numRuns: 30 },
    ))
})

describe('compareRuns', () => {
  const options = { path: 'reference.json' }
  it('is slower where one scenario is', () => {
    const result = compareRuns(earlierOf({ a: steady, b: steady }), report({ a: steady, b: times(steady, 2) }), options)
    expect(result.verdict).toBe('slower')
    expect(result.comparisons.map(one => one.verdict)).toEqual(['no-difference', 'slower'])
  })
  it('a scenario that has a short name since is told by its settings, and by no other', () => {
    const of = (id: string, settings: Record<string, string>) =>
      summarize(
        run([{ id, strategy: 'podman-in-place', settings }], { host: { ...run([]).host, fingerprint: {} } }),
        trials(steady, { scenario: id, strategy: 'podman-in-place', settings }),
      )
    const before = earlier(of('podman-in-place.pages-mapped.thp-never', { pages: 'mapped', thp: 'never' }))
    const now = of('podman-in-place/mapped', { thp: 'never', pages: 'mapped' })
    expect(compareRuns(before, now, options).comparisons).toMatchObject([
      { scenario: 'podman-in-place/mapped', verdict: 'no-difference' },
    ])
    const another = of('podman-in-place/mapped', { pages: 'mapped' })
    expect(() => compareRuns(before, another, options)).toThrow('have no scenario in common')
  })
  it('a scenario that only the reference has is no pass; one that is new is only said', () => {
    expect(compareRuns(earlierOf({ a: steady, b: steady }), report({ a: steady }), options)).toMatchObject({
      verdict: 'incomplete',
      comparisons: [{}, { scenario: 'b', verdict: 'missing', p50: null }],
    })
    expect(compareRuns(earlierOf({ a: steady }), report({ a: steady, b: steady }), options)).toMatchObject({
      verdict: 'pass',
      comparisons: [{}, { scenario: 'b', verdict: 'missing', reference_p50: null }],
    })
  })
  it('too few trials on a side are no pass either', () => {
    const few = compareRuns(earlierOf({ a: steady, b: steady }), report({ a: steady, b: steady.slice(2) }), options)
    expect(few).toMatchObject({ verdict: 'incomplete', comparisons: [{}, { scenario: 'b', verdict: 'cannot-tell' }] })
    expect(gateVerdict(few)).toBe('INCOMPLETE, of 2 scenarios: 1 had fewer than 4 trials, which is inconclusive')
    expect(
      compareRuns(
        earlierOf({ a: steady, b: steady }),
        report({ a: steady.slice(2), b: steady.map(value => value * 2) }),
        options,
      ).verdict,
    ).toBe('slower')
  })
  it('refuses runs without a scenario in common', () =>
    expect(() => compareRuns(earlierOf({ a: steady }), report({ b: steady }), options)).toThrow(
      'no scenario in common',
    ))
  it('refuses another host and names what differs, unless asked not to', () => {
    const [here, there] = [
      report({ a: steady }, { cpu: 'a', gpu: null }),
      report({ a: steady }, { cpu: 'b', gpu: 'H100' }),
    ]
    expect(() => compareRuns(earlier(there), here, options)).toThrow(
      /another host.*\n {2}cpu: b there, a here\n {2}gpu: H100 there, none here\n/,
    )
    expect(compareRuns(earlier(there), here, { ...options, anyHost: true }).differs).toEqual(['cpu', 'gpu'])
  })
  it('refuses what an earlier method measured, and says what to do', () => {
    const [old, now] = [{ cpu: 'a' }, { cpu: 'b', method: '2' }]
    expect(() => checkFingerprint(old, now, options)).toThrow(
      /^reference\.json was kept by .* \(method before 2 there, 2 here\)\.\nKeep a new reference: npx vitest bench/,
    )
    expect(checkFingerprint(old, now, { ...options, anyHost: true })).toEqual(['cpu', 'method'])
  })
  it('of long entries it shows the words that differ', () => {
    const words = (last: string) => `${'--flag '.repeat(20)}${last}`
    expect(() => checkFingerprint({ command: words('--a 1') }, { command: words('--b 1') }, options)).toThrow(
      '\n  command: --a there, --b here\n',
    )
    expect(() => checkFingerprint({ command: words('1 2') }, { command: words('2 1') }, options)).toThrow(
      'the same words in another order there',
    )
  })
  it('refuses a run that is itself, however it is called', () => {
    expect(() => compareRuns(report({ a: steady }), report({ a: steady }), { ...options, anyHost: true })).toThrow(
      /reference\.json is the run that it is compared with: both began at/,
    )
  })
  it('an entry that is null on one side and absent on the other is the same', () =>
    expect(checkFingerprint({ gpu: null }, {}, options)).toEqual([]))
})

describe('readReference', () => {
  const file = (text: string) => {
    const folder = mkdtempSync(join(tmpdir(), 'reference-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const path = join(folder, 'report.json')
    writeFileSync(path, text)
    return path
  }
  it('reads a report, by file or by folder', () => {
    const path = file(JSON.stringify(report({ a: steady })))
    expect(readReference(path)).toEqual(readReference(join(path, '..')))
  })
  it('refuses what is missing, broken, of another schema, or empty: never a pass', () => {
    expect(() => readReference('/no/such')).toThrow('does not exist')
    expect(() => readReference(file('{'))).toThrow('is not a report')
    expect(() => readReference(file('{"schema":"criu-gpu-bench/report@0"}'))).toThrow(
      /has the format "criu-gpu-bench\/report@0", this version compares .*\/report@1\.\n.*npm run reference/,
    )
    expect(() => readReference(file('{"schema":"criu-gpu-bench/report@1"}'))).toThrow('is not a report')
    expect(() => readReference(file('null'))).toThrow('is not a report')
    expect(() => readReference(file(JSON.stringify(report({}))))).toThrow('measured nothing')
  })
  it.for(['0', '-1', '1e999'])('refuses a TFFT of %s and names the line', value => {
    const text = JSON.stringify(report({ a: [1.5] }), undefined, 2).replace('"min": 1.5', `"min": ${value}`)
    const line = text.split('\n').findIndex(one => one.includes(`"min": ${value}`)) + 1
    expect(() => readReference(file(text))).toThrow(new RegExp(`scenarios\\.0\\.tfft\\.min: .* \\(line ${line}\\)`))
  })
})

describe('renderGate', () => {
  it('fits 80 columns with long names, and shows change, interval and p', () => {
    const { run: asked, trials: measured } = recorded('made-up')
    const slow = summarize(
      asked,
      measured.map(one =>
        one.strategy === 'podman-in-place' ? { ...one, total_cold_start_tfft: one.total_cold_start_tfft! * 1.4 } : one,
      ),
    )
    const result = compareRuns(earlier(summarize(asked, measured)), slow, { path: 'results/reference.json' })
    const text = renderGate(result)
    for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80)
    expect(text).toMatch(/slower +0\.6\d → 0\.\d\d s +\+40 % +\(\+\d\d % to \+\d\d %\) +p 0\.008/)
    expect(gateVerdict(result)).toBe('SLOWER than the reference: 3 of 9 scenarios')
  })
})
