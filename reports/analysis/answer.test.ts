import { describe, expect, it } from 'vitest'
import { renderSummary } from '../render/github.ts'
import { renderPage } from '../render/html/page.ts'
import { renderTable } from '../render/table.ts'
import { reportSchema } from '../run/schema.ts'
import { run, trial } from '../testing/recorded/builders.ts'
import { summarize } from './summary.ts'

const asked = run([
  { id: 'cold', baseline: true },
  { id: 'place', strategy: 'podman-in-place' },
  { id: 'eager', strategy: 'podman-in-place' },
])
const said = (text: string, match = true) => ({ answer: { prompt: 'Write a haiku.', text, match } })
const baseline = { type: 'baseline', ...said('Silicon rivers\n<b>thousands of threads</b>') }
const back = {
  strategy: 'podman-in-place',
  scenario: 'place',
  ...said('Silicon rivers\n<b>thousands of threads</b>'),
} as const
// another command may say it in other words, and be right
const eager = { ...back, scenario: 'eager', ...said('Rivers of silicon') }
const report = summarize(asked, [trial(baseline), trial({ ...back, sequence: 1 }), trial({ ...eager, sequence: 2 })])

describe('what the server said', () => {
  it("is the baseline's, with how many that came back said what they should", () => {
    expect(report.answer).toEqual({ prompt: 'Write a haiku.', text: baseline.answer.text, same: 2, of: 2 })
    const wrong = trial({
      ...back,
      ...said('else', false),
      outcome: 'failed',
      tokens_match: false,
      error: 'other words',
    })
    expect(summarize(asked, [trial(baseline), wrong, trial({ ...back, trial: 2 })]).answer).toMatchObject({
      text: baseline.answer.text,
      same: 1,
      of: 2,
    })
    expect(reportSchema.parse(report)).toEqual(report)
  })
  it("is that of the run's own model, where two take turns", () => {
    const second = trial({ ...baseline, ...said('w420 w1156'), model: 'random 98 MB' })
    const shown = (...trials: Parameters<typeof summarize>[1]) => summarize(asked, trials).answer?.text
    expect(shown(second, trial({ ...back, sequence: 1 }))).toBe(back.answer.text)
    expect(shown(second, trial({ ...back, ...said('else', false), sequence: 1 }))).toBe('w420 w1156')
  })
  it('stands in the table, on the page and in the job summary, escaped', () => {
    expect(renderTable(report)).toContain(
      'Asked "Write a haiku." it says\n    Silicon rivers\n    <b>thousands of threads</b>\n2 of 2 servers ' +
        'that came back gave the answer of a fresh one\n',
    )
    expect(renderPage(report)).toMatch(
      /<blockquote>Silicon rivers\n&#60;b&#62;thousands of threads&#60;\/b&#62;<\/blockquote>/,
    )
    expect(renderSummary(report)).toContain('> Silicon rivers\n> &#60;b&#62;thousands of threads&#60;/b&#62;')
  })
  it('fits the terminal and leaves it alone, whatever random weights say', () => {
    const table = renderTable(
      summarize(asked, [
        trial({ ...baseline, ...said(`\u001b[31mred\u0007${'x'.repeat(300)} ${'a\n\n'.repeat(40)}`) }),
      ]),
    )
    expect(table).not.toMatch(/[\u001b\u0007]/)
    for (const line of table.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
    expect(table.split('\n').filter(line => /^ {4}\S/.test(line)).length).toBeLessThanOrEqual(4)
  })
  it('a run from before has none', () => {
    const old = summarize(asked, [trial({ type: 'baseline' })])
    expect(old.answer).toBeUndefined()
    expect(renderTable(old)).not.toContain('Asked')
    expect(renderPage(old)).not.toContain('id="answer"')
  })
})

describe('what could not be checked', () => {
  const proofs = { unchecked: ['whether it is a restore'] }
  it('is said beside the scenario, once in the table', () => {
    const some = summarize(asked, [
      trial(baseline),
      trial({ ...back, ...proofs }),
      trial({ ...back, ...proofs, trial: 2 }),
      trial(eager),
    ])
    expect(some.scenarios.map(({ unchecked }) => unchecked)).toEqual([[], proofs.unchecked, []])
    expect(renderTable(some).match(/not checked/g)).toHaveLength(1)
    expect(renderTable(some)).toContain('not checked: whether it is a restore (place)')
    expect(renderPage(some).match(/not checked: whether it is a restore/g)).toHaveLength(1)
    expect(renderSummary(some)).toContain('not checked: whether it is a restore (place)')
  })
  it('of every scenario', () => {
    const all = summarize(run([{ id: 'cold', baseline: true }]), [trial({ ...baseline, ...proofs })])
    expect(renderTable(all)).toContain('not checked: whether it is a restore (every scenario)')
  })
})
