import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { compareRuns } from '../analysis/compare.ts'
import { summarize } from '../analysis/summary.ts'
import { exactSeconds } from '../run/format.ts'
import { earlier, failedTrial, recorded, run, trials } from '../testing/recorded/builders.ts'
import { gpuShape } from '../testing/recorded/gpu-shape.ts'
import { mostOf, renderTable } from './table.ts'

const { run: asked, trials: measured } = recorded('made-up')
const report = summarize(asked, measured)
const lines = (text: string) => text.split('\n')

describe('renderTable', () => {
  it('fits 80 columns, with colour and without', () => {
    const plain = renderTable(report, { path: 'results/latest/report.html' })
    for (const line of lines(plain)) expect(line.length, line).toBeLessThanOrEqual(80)
    expect(stripVTControlCharacters(renderTable(report, { colour: true, path: 'results/latest/report.html' }))).toBe(
      plain,
    )
  })
  it.each([80, 60, 48])('fits %s columns, with the ids and phases of a GPU host too', columns => {
    for (const shown of [report, gpuShape().report])
      for (const line of lines(renderTable(shown, { columns }))) expect(line.length, line).toBeLessThanOrEqual(columns)
  })
  it('names the command that measures the rest of an interrupted run', () => {
    const cut = summarize(asked, measured.slice(0, -1))
    const end = lines(renderTable(cut, { path: 'results/a/report.html' })).slice(-4)
    expect(end).toContain('to measure the rest: RESUME=results/a npx vitest bench')
    const spaced = renderTable(cut, { path: '/my results/a/report.html' })
    expect(spaced).toContain("to measure the rest: RESUME='/my results/a' npx vitest bench")
  })
  it('says of an interrupted run what failed in it too', () => {
    const [first, ...rest] = measured
    const cut = summarize(asked, [...rest.slice(0, -1), { ...first!, outcome: 'failed', error: 'no first token' }])
    const said = renderTable(cut).replace(/\s+/g, ' ').trim()
    expect(said).toMatch(/FAIL: interrupted after \d+ of \d+ trials, no target is judged, 1 scenario failed$/)
  })
  it('puts a scenario below the one that it adds a setting to', () => {
    const shown = lines(renderTable(gpuShape().report))
    const begin = shown.indexOf('podman-in-place')
    expect(shown.slice(begin, begin + 7).map(line => line.replace(/(?<=\S|^) +5 .*/, ' 5'))).toEqual([
      'podman-in-place',
      '  checkpoint-at-asleep-2.storage-tmpfs-huge',
      ' 5',
      '    thp-always 5',
      '      weights-tmpfs 5',
      '        pages-no-zeros 5',
      '        pages-mapped 5',
    ])
  })
  it('says what each speedup is over where groups have baselines of their own, and only there', () => {
    const real = recorded('without-gpu')
    const several = summarize(real.run, real.trials)
    const said = renderTable(several).replace(/\s+/g, ' ')
    expect(said.match(/ of \S+: cold [\d.]+ s/g)!.length).toBeGreaterThan(2)
    // each with the median that the speedups of its group were made of
    for (const { id, strategy, versus_baseline: versus } of several.scenarios)
      if (versus) expect(said).toMatch(new RegExp(`of (${id}|${strategy}): cold ${exactSeconds(versus.p50)} s`))
    expect(renderTable(gpuShape().report)).not.toContain('baseline of')
  })
  it('has the targets first, each with a mark and the actual value', () => {
    const [title, first, second, third] = lines(renderTable(report))
    expect(title).toBe('Targets')
    expect(first).toMatch(/^✓ podman-import\.compress-zstd +tokens_match >= 100 % +100 %$/)
    expect(second).toMatch(/^✓ podman-in-place\.storage-tmpfs +speedup\.p50 >= 1\.50x +2\.\d\dx$/)
    expect(third).toMatch(/^✗ podman-in-place\.storage-tmpfs-huge +tfft\.p50 <= 0\.30 s +0\.\d\d s \(goal\)$/)
  })
  it('says in a line what targets did not apply, also where none applied', () => {
    const line = /^1 of (\d) targets? did not apply to this run: 1 for engine vllm$/m
    expect(line.exec(renderTable(report))?.[1]).toBe('4')
    const other = run([{ id: 'cold' }], {
      targets: [{ metric: 'tfft.p50', scenario: 'cold', engine: 'vllm', limit: 1, kind: 'must' }],
    })
    expect(line.exec(renderTable(summarize(other, trials([1]))))?.[1]).toBe('1')
  })
  it('has a row a scenario: n, p50, min–max, speedup with its interval, where most of the time went', () => {
    expect(renderTable(report)).toMatch(
      /^ {2}compress-zstd +5 +\d\.\d\d +\d\.\d\d–\d\.\d\d +0\.\d\dx 0\.\d\d–0\.\d\d +archive\.\* \d\d %$/m,
    )
    expect(renderTable(report)).toMatch(/^ {2}storage-tmpfs-huge +5 .* criu\.restore \d\d %$/m)
  })
  it('says why a scenario was skipped and how often one failed', () => {
    expect(renderTable(report)).toMatch(/engine-wake +skipped: llama-cpp has no sleep mode/)
    const failed = summarize(run([{ id: 'cold', baseline: true }]), [
      ...trials([1, 1]),
      failedTrial({ error: 'podman ended with 125\nand more' }),
    ])
    expect(renderTable(failed)).toContain('1 of 3 trials failed: podman ended with 125\n')
    expect(renderTable(failed)).toContain('FAIL: 1 scenario failed')
  })
  it('ends with the verdict and the path of the report', () => {
    expect(lines(renderTable(report, { path: '/r/report.html' })).slice(-3)).toEqual([
      'PASS: 9 scenarios measured, 2 of 3 targets met, 1 goal missed',
      '/r/report.html',
      '',
    ])
    expect(renderTable(summarize(run([]), []))).toContain('NOTHING MEASURED: no trial counted')
    const alone = run([
      { id: 'cold', baseline: true },
      { id: 'podman-in-place', skipped: 'no CRIU' },
    ])
    expect(renderTable(summarize(alone, trials([1, 1, 1, 1, 1])))).toContain(
      "NOTHING MEASURED: only the baseline's trials counted",
    )
    const gated = renderTable({ ...report, reference: compareRuns(earlier(report), report, { path: 'r' }) })
    expect(gated.replace(/\s+/g, ' ')).toContain(
      'PASS: 9 scenarios measured, 2 of 3 targets met, 1 goal missed, not slower than the reference ',
    )
  })
  it('does not say PASS where no target judged anything', () => {
    const unjudged = summarize(run([{ id: 'cold', baseline: true }]), trials([1, 1]))
    const end = 'no target applies to this host, engine and model\n'
    expect(renderTable(unjudged)).toMatch(`\nMEASURED: 1 scenario; ${end}`)
    const reference = { ...compareRuns(earlier(unjudged), unjudged, { path: 'r' }), verdict: 'pass' as const }
    const gated = renderTable({ ...unjudged, reference }).replace(/\s+/g, ' ')
    expect(gated).toContain('MEASURED: 1 scenario, not slower than the reference; no target applies')
    expect(gated).not.toContain('PASS')
  })
  it('shows the first of many proofs that are missing, and counts the rest', () => {
    const shown = (unchecked: string[]) =>
      lines(renderTable({ ...report, scenarios: report.scenarios.map(one => ({ ...one, unchecked })) })).filter(line =>
        line.startsWith('not checked'),
      )
    expect(shown(['a', 'b', 'c'])).toHaveLength(3)
    expect(shown(['a', 'b', 'c', 'd', 'e']).at(-1)).toBe('not checked: 2 more, in the report')
  })
  it('shows notes about how the trials were read', () =>
    expect(renderTable(summarize(run([]), [], ['trials.jsonl:3 is torn']))).toContain('note: trials.jsonl:3 is torn'))
})

describe('a real run without a GPU', () => {
  const real = recorded('without-gpu')
  const table = renderTable(summarize(real.run, real.trials), { path: 'results/latest/report.html' })
  it('fits 80 columns; a scenario with all defaults is the heading of its strategy', () => {
    for (const line of lines(table)) expect(line.length, line).toBeLessThanOrEqual(80)
    expect(table).toMatch(/^podman-import +\d+ .*archive\.\*.*\n {2}compress-gzip +\d+ /m)
  })
  it('names the three passes over the archive as the first cause, and the restore in place as the remedy', () => {
    const cause = table.slice(table.indexOf('What costs the most')).replace(/\s+/g, ' ')
    expect(cause).toMatch(
      /^What costs the most \d\.\d\d s podman-import: podman reads the whole archive three times .* → restore in place/,
    )
    expect(cause.split(' → ')[1]).toMatch(
      /podman container restore --keep NAME \(podman-in-place\S* took 0\.\d\d s in this run, /,
    )
  })
})

describe('mostOf', () => {
  const tfft = { p50: 10, min: 10, max: 10, ci95: [10, 10] as [number, number] }
  const archive = [
    { name: 'archive.find-runtime', p50: 2 },
    { name: 'archive.unpack', p50: 3 },
  ]
  it('names a family of phases where no single one of them stands out', () => {
    expect(mostOf({ phases: [...archive, { name: 'criu.restore', p50: 4 }], tfft })).toBe('archive.* 50 %')
  })
  it('names the phase where it is nearly all of its family', () => {
    expect(
      mostOf({ phases: [...archive, { name: 'criu.fork', p50: 0.1 }, { name: 'criu.restore', p50: 5 }], tfft }),
    ).toBe('criu.restore 50 %')
  })
  it('knows nothing without phases', () => expect(mostOf({ phases: [], tfft })).toBe('unknown'))
})
