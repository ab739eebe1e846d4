import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { z } from 'zod'
import { main as compareCommand } from '../../helpers/commands/compare.ts'
import { main as referenceCommand } from '../../helpers/commands/reference.ts'
import { main as reportCommand } from '../../helpers/commands/report.ts'
import { compareRuns } from '../analysis/compare.ts'
import { summarize } from '../analysis/summary.ts'
import { renderBenchmark } from '../render/exports/benchmark-json.ts'
import { escapeXml, renderJunit } from '../render/exports/junit.ts'
import { FORMATS } from '../render/formats.ts'
import { publishToGithub, renderAnnotations, renderSummary } from '../render/github.ts'
import { reportSchema } from '../run/schema.ts'
import { earlier, failedTrial, recorded, run, trials } from './recorded/builders.ts'

const { run: asked, trials: measured } = recorded('made-up')
const report = summarize(asked, measured)
const target = (limit: number) => ({ metric: 'tfft.p50' as const, scenario: 'cold', limit, kind: 'must' as const })
const missed = summarize(run([{ id: 'cold' }, { id: 'other' }], { targets: [target(0.5)] }), [
  ...trials([1, 1, 1, 1]),
  failedTrial({ scenario: 'other', error: 'podman: <exit 125> & "more"\u001b[31m, 50%\nlast line' }),
])
const slower = {
  ...report,
  reference: compareRuns(
    earlier(report),
    summarize(
      asked,
      measured.map(one => ({ ...one, total_cold_start_tfft: one.total_cold_start_tfft! * 2 })),
    ),
    { path: 'r' },
  ),
}

describe('junit.xml', () => {
  it('has a case a scenario and a target; a missed goal is no failure', () => {
    const xml = renderJunit(report)
    expect(xml.match(/<testcase /g)).toHaveLength(10 + 3)
    expect(xml).not.toContain('<failure')
    expect(xml).toMatch(
      /<testcase name="engine-wake" classname="engine-wake" time="0\.000000"><skipped message="llama-cpp has no sleep/,
    )
    expect(xml).toContain('<skipped message="goal not reached: 0.5')
  })
  it('a must and a goal on one metric have names of their own, and so have limits that look the same', () => {
    const targets = [target(1), { ...target(1), kind: 'goal' as const }, target(1.0001)]
    const xml = renderJunit(summarize(run([{ id: 'cold' }], { targets }), trials([1, 1, 1, 1])))
    const names = [...xml.matchAll(/<testcase name="([^"]*)"/g)].map(([, name]) => name)
    expect(names).toEqual([
      'cold',
      'cold: tfft.p50 &#60;= 1.00 s',
      'cold: tfft.p50 &#60;= 1.00 s (goal)',
      'cold: tfft.p50 &#60;= 1.00 s #2',
    ])
  })
  it('a target has its kind, and the time that it judged', () => {
    const speedup = { metric: 'speedup.p50' as const, scenario: 'cold', limit: 3, kind: 'must' as const }
    const targets = [target(3), { ...target(2), metric: 'tfft.max' as const, kind: 'goal' as const }, speedup]
    const xml = renderJunit(summarize(run([{ id: 'cold' }], { targets }), trials([1, 1, 1, 4])))
    const cases = [...xml.matchAll(/time="([\d.]+)"><properties><property name="kind" value="(\w+)"/g)]
    expect(cases.map(([, time, kind]) => [Number(time), kind])).toEqual([
      [1, 'must'],
      [4, 'goal'],
      [1, 'must'],
    ])
    expect(xml.match(/<testcase name="cold" [^>]*\/>/g), 'a scenario is no target').toHaveLength(1)
  })
  it('fails for a missed target, a failed scenario and a slower one', () => {
    expect(renderJunit(missed).match(/<failure/g)).toHaveLength(2)
    expect(renderJunit(slower)).toMatch(/classname="reference".*<failure message="slower than the reference by 100 %"/)
  })
  it('fails for a scenario that only the reference has, and not for one that is new', () => {
    const fewer = { ...report, scenarios: report.scenarios.slice(1) }
    expect(renderJunit({ ...fewer, reference: compareRuns(earlier(report), fewer, { path: 'r' }) })).toContain(
      '<failure message="the reference has it, this run did not measure it"',
    )
    expect(renderJunit({ ...report, reference: compareRuns(earlier(fewer), report, { path: 'r' }) })).toContain(
      '<skipped message="new: the reference does not have it"',
    )
  })
  it('holds nothing that XML cannot', () => {
    expect(escapeXml('<a b="c">&\u0000\u001b[31m')).toBe('&#60;a b=&#34;c&#34;&#62;&#38;[31m')
    expect(renderJunit(missed)).toContain('podman: &#60;exit 125&#62; &#38; &#34;more&#34;[31m, 50%')
  })
})

it('benchmark.json is what customSmallerIsBetter takes', () => {
  const entries = z
    .array(
      z
        .object({
          name: z.string(),
          unit: z.literal('s'),
          value: z.number().positive(),
          range: z.string(),
          extra: z.string(),
        })
        .strict(),
    )
    .parse(JSON.parse(renderBenchmark(report)))
  expect(entries.map(entry => entry.name)).toEqual(
    report.scenarios.filter(scenario => scenario.n > 0).map(scenario => `TFFT ${scenario.id}`),
  )
  expect(entries[0]!.value).toBeCloseTo(report.scenarios[0]!.tfft!.p50, 3)
})

describe('GitHub', () => {
  it('the job summary has the verdict, the targets and a row a scenario', () => {
    const summary = renderSummary(report)
    expect(summary).toMatch(/^## ✅ Passed\n/)
    expect(summary).toMatch(/\| ✅ \| `podman-in-place\.storage-tmpfs` \| speedup\.p50 >= 1\.50x \| 2\.\d\dx \|/)
    expect(summary).toMatch(/\| `podman-import\.compress-zstd` \| 5 \| \d\.\d\d s \|/)
    const unjudged = { ...report, verdict: 'measured' as const, scenarios: [], idle_targets: {} }
    expect(renderSummary(unjudged)).toMatch(/^## Measured\n[^✅]*⚠️ no target applies to this host, engine and model\n/)
    expect(renderSummary({ ...slower, reference: { ...slower.reference, differs: ['gpu', 'kernel'] } })).toMatch(
      /compared anyway\. It differs in gpu, kernel\./,
    )
    for (const line of summary.split('\n').filter(line => line.startsWith('|')))
      expect(line.split(' | ').length, line).toBeGreaterThan(3)
  })
  it('an annotation for each missed target, failed and slower scenario, escaped', () => {
    expect(renderAnnotations(report)).toEqual([
      expect.stringMatching(
        /^::notice title=podman-in-place\S+-huge%3A missed::tfft\.p50 <= 0\.30 s, actual 0\.\d\d s \(goal\)$/,
      ),
    ])
    expect(renderAnnotations(missed)).toEqual([
      '::error title=cold%3A missed::tfft.p50 <= 0.50 s, actual 1.00 s',
      '::error title=other failed::1 trial of 1 failed: podman: <exit 125> & "more"\u001b[31m, 50%25%0Alast line',
    ])
    expect(renderAnnotations(slower)[1]).toMatch(/^::error title=cold is slower::1\.\d\d s → 2\.\d\d s \(\+100 %25\)$/)
  })
  it('a summary that cannot be written is a warning, and the annotations come all the same', () => {
    const warn = vi.spyOn(console, 'error').mockImplementation(() => {})
    onTestFinished(() => warn.mockRestore())
    const lines: string[] = []
    for (const path of ['/no/such/folder/summary.md', tmpdir()])
      publishToGithub(missed, { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: path }, line => lines.push(line))
    expect(lines).toHaveLength(2 * renderAnnotations(missed).length)
    expect(warn.mock.calls.map(String)).toEqual([
      expect.stringContaining('warning: GITHUB_STEP_SUMMARY cannot be written: ENOENT'),
      expect.stringContaining('EISDIR'),
    ])
  })
  it('publishes only within a job', () => {
    const folder = mkdtempSync(join(tmpdir(), 'github-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'summary.md')
    writeFileSync(file, 'before\n')
    const lines: string[] = []
    publishToGithub(missed, {}, line => lines.push(line))
    expect(lines).toEqual([])
    // console.log prints all that it is given
    publishToGithub(missed, { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: file }, (...printed: unknown[]) =>
      lines.push(printed.join(' ')),
    )
    expect(lines).toEqual(renderAnnotations(missed))
    expect(readFileSync(file, 'utf8')).toMatch(/^before\n## ❌ Failed/)
  })
})

describe('commands', () => {
  const folder = (values = measured, { timestamp }: { timestamp: string } = asked) => {
    const path = mkdtempSync(join(tmpdir(), 'run-'))
    writeFileSync(join(path, 'run.json'), JSON.stringify({ ...asked, timestamp }))
    writeFileSync(join(path, 'trials.jsonl'), values.map(one => `${JSON.stringify(one)}\n`).join(''))
    return path
  }
  const later = { timestamp: '2026-11-25T04:00:00.000Z' }
  const slow = measured.map(one => ({ ...one, total_cold_start_tfft: one.total_cold_start_tfft! * 1.5 }))
  const output = () => {
    const printed: string[] = []
    return { printed, print: (text: string) => void printed.push(text) }
  }
  it('report makes every file again from run.json and trials.jsonl', () => {
    const [path, { printed, print }] = [folder(), output()]
    expect(reportCommand([path], print)).toBe(0)
    expect(readdirSync(path).sort()).toEqual(
      [...FORMATS.map(({ file }) => file), 'run.json', 'trials.jsonl'].toSorted(),
    )
    expect(reportSchema.parse(JSON.parse(readFileSync(join(path, 'report.json'), 'utf8')))).toEqual(report)
    expect(statSync(join(path, 'report.html')).mode & 0o777).toBe(0o600)
    expect(printed.join('')).toContain('PASS: 9 scenarios measured')
  })
  it.for([0, undefined])('a terminal of %s columns gets the table for 80', columns => {
    const shown = (width: number | undefined) => {
      const [path, { printed, print }] = [folder(), output()]
      Object.defineProperty(process.stdout, 'columns', { value: width, configurable: true })
      reportCommand([path], print)
      Reflect.deleteProperty(process.stdout, 'columns')
      return printed.join('').replace(/.*report\.html\n/, '')
    }
    expect(shown(columns)).toBe(shown(80))
  })
  it('report says when the last line was torn, and refuses a folder that is none', () => {
    const [path, { printed, print }] = [folder(), output()]
    writeFileSync(join(path, 'trials.jsonl'), '{"timestamp":"2026', { flag: 'a' })
    reportCommand([path], print)
    expect(printed.join('').replace(/\s+/g, ' ')).toContain('is torn')
    expect(() => reportCommand([join(path, 'logs')])).toThrow('does not exist')
    expect(() => reportCommand(['--nonsense'])).toThrow('npm run report')
  })
  it('report of a run that measured nothing, and so has no trials.jsonl, ends with 3', () => {
    const [path, { printed, print }] = [folder(), output()]
    rmSync(join(path, 'trials.jsonl'))
    expect(reportCommand([path], print)).toBe(3)
    expect(printed.join('')).toContain('NOTHING MEASURED')
  })
  it('reference keeps a run; compare ends with 4 against a slower one and with 0 against one like it', () => {
    const [path, other, again, { print }] = [folder(), folder(slow, later), folder(measured, later), output()]
    for (const run of [path, other, again]) reportCommand([run], print)
    const kept = join(path, 'kept/reference.json')
    expect(referenceCommand([path, kept], print)).toBe(0)
    const spaced = output()
    expect(referenceCommand([path, join(path, 'my runs/r.json')], spaced.print)).toBe(0)
    expect(spaced.printed.join('')).toContain(`REFERENCE='${path}/my runs/r.json' npx vitest bench`)
    expect(compareCommand([kept, other], print)).toBe(4)
    expect(compareCommand([kept, again], print)).toBe(0)
    expect(compareCommand([kept, other, '--tolerance', '0.9'], print)).toBe(0)
  })
  it('compare takes more than two runs: each after the first is compared with it, the worst counts', () => {
    const [path, again, other] = [
      folder(),
      folder(measured, later),
      folder(slow, { timestamp: '2026-11-26T04:00:00.000Z' }),
    ]
    for (const run of [path, again, other]) reportCommand([run], () => {})
    const compared = (...paths: string[]) => {
      const { printed, print } = output()
      return { code: compareCommand(paths, print), said: printed.join('') }
    }
    for (const order of [
      [again, other],
      [other, again],
    ]) {
      const { code, said } = compared(path, ...order)
      expect(code).toBe(4)
      expect(said.match(/^(?:NOT )?SLOWER/gm)).toHaveLength(2)
      expect(said.match(/ llama-cpp \(version not known\) /g), 'each engine is named').toHaveLength(3)
    }
    expect(compared(path, again).code).toBe(0)
  })
  it('a scenario that is new is called new, one that is gone is missing', () => {
    const path = folder()
    const less = folder(
      measured.filter(({ scenario }) => scenario !== 'cold'),
      later,
    )
    for (const run of [path, less]) reportCommand([run], () => {})
    const { printed, print } = output()
    compareCommand([less, path], print)
    compareCommand([path, less], print)
    expect(
      printed
        .join('')
        .match(/^cold +(new|missing) /gm)
        ?.map(line => line.trim().split(/ +/)[1]),
    ).toEqual(['new', 'missing'])
  })
  it('a run with a reference is gated when its report is made', () => {
    const [path, other, { printed, print }] = [folder(), folder(slow), output()]
    const gated = (reference: string) =>
      writeFileSync(
        join(other, 'run.json'),
        JSON.stringify({ ...asked, ...later, reference: { path: reference, any_host: false, tolerance: 0.1 } }),
      )
    reportCommand([path], print)
    gated(path)
    expect(reportCommand([other], print)).toBe(4)
    expect(printed.join('')).toContain('SLOWER than the reference: 9 of 9 scenarios')
    gated(join(path, 'gone'))
    expect(() => reportCommand([other], print)).toThrow('does not exist')
    expect(JSON.parse(readFileSync(join(other, 'report.json'), 'utf8')).notes).toEqual([
      expect.stringContaining('not compared with the reference'),
    ])
  })
  it('a run is never compared with itself: by its folder, a link, its report, or a copy of it', () => {
    const [path, { print }] = [folder(), output()]
    reportCommand([path], print)
    const [link, copy] = [`${path}-link`, join(path, 'copy.json')]
    symlinkSync(path, link)
    copyFileSync(join(path, 'report.json'), copy)
    for (const same of [path, link, join(link, 'report.json'), copy]) {
      expect(() => compareCommand([same, path], print), same).toThrow('is the run that it is compared with')
      const reference = { path: same, any_host: true, tolerance: 0.1 }
      writeFileSync(join(path, 'run.json'), JSON.stringify({ ...asked, reference }))
      expect(() => reportCommand([path], print), same).toThrow('is the run that it is compared with')
    }
  })
  it('reference refuses a run in which trials failed or that has too few of them', () => {
    for (const values of [[...measured.slice(1), failedTrial({ scenario: 'cold' })], measured.slice(0, 2)]) {
      const path = folder(values)
      reportCommand([path], () => {})
      expect(() => referenceCommand([path, join(path, 'kept.json')])).toThrow('not a good reference')
    }
  })
  it('compare names what it was given wrongly', () => {
    expect(() => compareCommand(['a'])).toThrow('takes two runs or more, received a')
    expect(() => compareCommand(['a', 'b', '--tolerance', 'ten'])).toThrow('received "ten"')
    expect(() => compareCommand(['a', 'b', '--fuzzy'])).toThrow('--fuzzy')
  })
})
