import { globSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { describe, expect, it, test } from 'vitest'
import { makeReport } from '../render/write.ts'
import { type Report, reportSchema } from '../run/schema.ts'

/** Results that were measured on a GPU and published: real trials, and pages that quote them. */

const root = resolve(import.meta.dirname, '../..')
const runs = globSync('docs/results/*/*/run.json', { cwd: root }).map(dirname).sort()
const published = (run: string) => reportSchema.parse(JSON.parse(readFileSync(join(root, run, 'report.json'), 'utf8')))
const codes = (run: string) => published(run).findings.map(({ code }) => code)

test('there are some', () => expect(runs.length).toBeGreaterThan(0))

describe.each(runs)('%s', run => {
  it('says what its trials say today (else make it again: npm run report)', () => {
    expect(JSON.parse(JSON.stringify(makeReport(join(root, run)).report))).toEqual(
      JSON.parse(JSON.stringify(published(run))),
    )
  })
})

/** A median with its range, the number of its trials or both, such as `0.94 s (0.85–1.08, n = 4)`. */
const FIGURE = /(\d+\.\d+)(?: s)?\** \((?:(\d+\.\d+)–(\d+\.\d+))?(?:, )?(?:n = (\d+))?\)/g

function isMeasured([, p50 = '', min, max, n]: RegExpMatchArray, reports: Report[]): boolean {
  const rounded = (value: number, like: string | undefined) =>
    like === undefined || value.toFixed(like.split('.')[1]!.length) === like
  return reports
    .flatMap(({ scenarios }) => scenarios)
    .some(
      ({ tfft, trials }) =>
        tfft &&
        rounded(tfft.p50, p50) &&
        rounded(tfft.min, min) &&
        rounded(tfft.max, max) &&
        (n === undefined || trials.filter(trial => trial.tfft !== null).length === Number(n)),
    )
}

test.each(globSync('docs/results/*/README.md', { cwd: root }))('%s: every figure is the median of a scenario', page => {
  const figures = [...readFileSync(join(root, page), 'utf8').matchAll(FIGURE)]
  const reports = runs.filter(run => run.startsWith(`${dirname(page)}/`)).map(published)
  expect(figures.length).toBeGreaterThan(0)
  expect(figures.filter(figure => !isMeasured(figure, reports)).map(([text]) => text)).toEqual([])
})

test('so is what README says of a GPU', () => {
  const section = readFileSync(join(root, 'README.md'), 'utf8').split('## Measured on GPUs')[1]!.split('\n## ')[0]!
  const figures = [...section.matchAll(FIGURE)]
  expect(figures, 'one a row').toHaveLength(section.match(/^\| (?!machine, |---).*$/gm)!.length)
  expect(figures.filter(figure => !isMeasured(figure, runs.map(published))).map(([text]) => text)).toEqual([])
})

describe('findings on real trials of a GPU host', () => {
  it("transparent huge pages off in the ladder's first step, a host whose cold starts lie apart", () => {
    const run = 'docs/results/h100-2026-11-24/1-ladder'
    expect(codes(run)).toEqual(['huge-pages-off', 'unattributed-time', 'noisy-host'])
    expect(published(run).findings[0]).toMatchObject({
      scenario: 'podman-in-place.checkpoint-at-asleep-2.storage-tmpfs-huge',
      cost: expect.closeTo(0.89, 2),
    })
  })
  it('the archive, what it holds and the disk, in the way that the project began with', () => {
    const run = 'docs/results/h100-2026-11-25/4-seed'
    expect(codes(run)).toEqual([
      'archive-read-again',
      'kv-cache-in-checkpoint',
      'weights-in-checkpoint',
      'images-on-disk',
      'cuda-restore-slow',
      'huge-pages-off',
    ])
    expect(published(run).findings.slice(0, 2)).toMatchObject([
      { cost: expect.closeTo(99.8, 1) },
      { evidence: expect.stringContaining('26.0 GB') },
    ])
  })
  it('nothing to say of an engine that is woken', () =>
    expect(codes('docs/results/h100-2026-11-24/3-engine-wake')).toEqual([]))
})
