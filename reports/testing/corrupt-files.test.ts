import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { checkReport } from '../../helpers/commands/check-report.ts'
import { Problem } from '../../helpers/core/problem.ts'
import { corruptText, corruptValue, orItsOwnError } from '../../helpers/testing/corrupt.ts'
import { compareRuns, readReference } from '../analysis/compare.ts'
import { summarize } from '../analysis/summary.ts'
import { parseTargets } from '../analysis/targets-file.ts'
import { FORMATS } from '../render/formats.ts'
import { page as reportPage } from '../render/html/page.ts'
import { liveRegion } from '../render/live.ts'
import { paint } from '../render/text.ts'
import { writeReport } from '../render/write.ts'
import { withOutcomes } from '../run/outcomes.ts'
import { readProgress } from '../run/progress.ts'
import { runFolder } from '../run/run-folder.ts'
import { earlier, recorded, trial } from './recorded/builders.ts'

/**
 * The files of a run and what it is compared with, corrupt in every way: a report or a Problem, never a
 * crash, never a hang.
 */

const folder = mkdtempSync(join(tmpdir(), 'corrupt-files-'))
const files = runFolder(folder)
const { run, trials } = recorded('without-gpu')
/** A few scenarios and trials: renderers take time. */
const small = { ...run, scenarios: run.scenarios.slice(0, 3) }
const few = trials.filter(({ scenario }) => small.scenarios.some(({ id }) => id === scenario)).slice(0, 8)
const report = summarize(small, few)
const before = earlier(report)
const text = (value: unknown) => JSON.stringify(value) ?? ''

beforeEach(() => mkdirSync(folder, { recursive: true }))
afterAll(() => rmSync(folder, { recursive: true }))

test('run.json and trials.jsonl: every file of a report, or a Problem', () => {
  let reports = 0
  fc.assert(
    fc.property(
      fc.oneof(fc.constant(text(small)), corruptText(text(small)), corruptValue(small).map(text)),
      fc.oneof(
        corruptText(few.map(text).join('\n')),
        fc
          .array(
            fc.constantFrom(...few).chain(one => fc.oneof(fc.constant<unknown>(one), corruptValue(one))),
            { maxLength: 6 },
          )
          .map(all => all.map(text).join('\n')),
      ),
      (runText, trialsText) => {
        writeFileSync(files.run, runText)
        writeFileSync(files.trials, trialsText)
        const made = orItsOwnError(Problem, () => writeReport(folder))
        if (!made) return
        reports++
        expect(['pass', 'fail', 'nothing-measured']).toContain(made.verdict)
      },
    ),
    { numRuns: 150 },
  )
  // what is corrupt in a few places is still a run: the renderers were reached
  expect(reports).toBeGreaterThan(10)
}, 60_000)

test(
  'a reference: a comparison or a Problem',
  () =>
    fc.assert(
      fc.property(fc.oneof(corruptText(text(before)), corruptValue(before).map(text)), reference => {
        writeFileSync(join(folder, 'reference.json'), reference)
        const read = orItsOwnError(Problem, () => readReference(join(folder, 'reference.json')))
        const compared =
          read && orItsOwnError(Problem, () => compareRuns(read, report, { path: 'reference.json', anyHost: true }))
        if (compared) expect(['pass', 'slower', 'incomplete']).toContain(compared.verdict)
      }),
      { numRuns: 150 },
    ),
  60_000,
)

function checkWith(which: 'run' | 'report' | 'trials', corrupt: string) {
  for (const path of [...FORMATS.map(({ file }) => join(folder, file)), files.vitest]) writeFileSync(path, 'x')
  for (const [path, whole] of [
    [files.run, text(small)],
    [files.report, text(report)],
    [files.trials, few.map(text).join('\n')],
  ] as const)
    writeFileSync(path, whole)
  writeFileSync(files[which], corrupt)
  return checkReport(folder)
}

test('check-report: a report or a Problem', () =>
  fc.assert(
    fc.property(
      fc.constantFrom('run', 'report', 'trials') as fc.Arbitrary<'run' | 'report' | 'trials'>,
      corruptText(text(report)),
      (which, corrupt) => {
        orItsOwnError(Problem, () => checkWith(which, corrupt))
      },
    ),
  ))

test('check-report names a measured scenario without a TFFT', () => {
  const scenarios = report.scenarios.map(scenario => ({
    ...scenario,
    outcome: 'measured',
    n: small.iterations,
    failed: 0,
    tfft: undefined,
  }))
  expect(() => checkWith('report', text({ ...report, scenarios }))).toThrow(
    `${scenarios[0]!.id} is measured, but report.json has no tfft for it`,
  )
})

test('targets: a list or a Problem', () =>
  fc.assert(
    fc.property(
      fc.oneof(
        fc.constant('[{"metric":"tfft.p50","scenario":"cold","limit":1}]').chain(corruptText),
        corruptValue([{ metric: 'tfft.p50', scenario: 'cold', limit: 1, kind: 'goal' }]).map(text),
        corruptValue({ cold: [{ engine: 'vllm', limits: { 'tfft.p50': { must: 2, goal: 1 } } }] }).map(text),
        fc.json(),
      ),
      targets => {
        for (const { scenario, limit } of orItsOwnError(Problem, () =>
          parseTargets(targets, 'targets.json', new Map([['cold', 'cold']])),
        ) ?? [])
          expect([scenario, Number.isFinite(limit)]).toEqual(['cold', true])
      },
    ),
    { numRuns: 500 },
  ))

test('the progress file: a line that is torn costs no other, and none is wider than the terminal', () => {
  const event = { event: 'begin', at: 1, step: { kind: 'trial', group: 'cold', scenario: 'cold' }, phase: 'starting' }
  fc.assert(
    fc.property(
      fc.oneof(corruptText(text(event)), corruptValue(event).map(text)),
      fc.integer({ min: 1, max: 200 }),
      (corrupt, columns) => {
        writeFileSync(join(folder, '.progress.jsonl'), `${text(event)}\n${text({ event: 'end', at: 2 })}\n${corrupt}\n`)
        const progress = readProgress(folder)
        expect(progress.finished[0]).toMatchObject({ step: event.step, seconds: 1 })
        for (const line of liveRegion(progress, { of: 4, left: 2, now: 2 }, { columns, ink: paint(false) }))
          expect(line.length).toBeLessThanOrEqual(columns)
      },
    ),
  )
})

test('noted outcomes: a torn line costs no other', () => {
  const noted = { id: small.scenarios[0]!.id, group: small.scenarios[0]!.group, skipped: 'no GPU' }
  fc.assert(
    fc.property(corruptText(text(noted)), corrupt => {
      writeFileSync(join(folder, '.outcomes.jsonl'), `${text(noted)}\n${corrupt}`)
      const [first, ...rest] = withOutcomes(small.scenarios, folder)
      expect(first!.skipped).toBe('no GPU')
      expect(rest).toHaveLength(small.scenarios.length - 1)
    }),
  )
})

test('what a trial says is text on the page, never markup', () => {
  writeFileSync(files.run, text({ ...small, engine: { ...small.engine, model: '<img src=x onerror=alert(1)>' } }))
  writeFileSync(
    files.trials,
    text(
      trial({
        scenario: small.scenarios[0]!.id,
        group: small.scenarios[0]!.group,
        outcome: 'failed',
        total_cold_start_tfft: null,
        error: '</script><script>alert(1)</script>',
      } as never),
    ),
  )
  writeReport(folder)
  const page = readFileSync(join(folder, reportPage.file), 'utf8')
  expect(page).toContain('alert(1)')
  expect(page).not.toMatch(/<script>alert|<img src=x/)
})
