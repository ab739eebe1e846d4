import { parseHTML } from 'linkedom'
import { describe, expect, it } from 'vitest'
import { compareRuns } from '../../analysis/compare.ts'
import { summarize } from '../../analysis/summary.ts'
import { exactSeconds, factor, seconds } from '../../run/format.ts'
import type { Report } from '../../run/schema.ts'
import { earlier, failedTrial, recorded, run, trials } from '../../testing/recorded/builders.ts'
import { gpuShape } from '../../testing/recorded/gpu-shape.ts'
import { chromium, visit } from './browser.ts'
import { holdings } from './holding.ts'
import { html } from './markup.ts'
import { renderPage } from './page.ts'

const reportOf = ({ run: asked, trials: measured }: ReturnType<typeof recorded>) => summarize(asked, measured)
const report = reportOf(recorded('made-up'))
const real = reportOf(recorded('without-gpu'))
const page = renderPage(report)

interface Node {
  textContent: string
  querySelectorAll(selector: string): Node[]
  querySelector(selector: string): Node | null
  getAttribute(name: string): string | null
}
const parse = (text: string): Node => parseHTML(text).document as never
const rows = (node: Node, selector: string) =>
  [...node.querySelectorAll(`${selector} tbody tr`)].map(row =>
    [...row.querySelectorAll('td')].map(cell => cell.textContent),
  )

/** That the figures on the page are those of the report, for the page as it was written or as a browser shows it. */
function expectFigures(text: string, { scenarios, findings }: Report): void {
  const node = parse(text)
  const measured = scenarios.filter(scenario => scenario.tfft)
  expect(rows(node, '#scenarios').map(cells => cells.slice(0, 3))).toEqual(
    scenarios.map(({ id, n, tfft, outcome, reason }) =>
      tfft ? [id, String(n), exactSeconds(tfft.p50)] : [`${id}${outcome}: ${reason}`, '0', ''],
    ),
  )
  expect(rows(node, '#trials').map(cells => [cells[0], cells.at(-1)])).toEqual(
    measured.map(({ id, trials }) => [
      id,
      trials.map(trial => (trial.tfft === null ? 'failed' : seconds(trial.tfft))).join(', '),
    ]),
  )
  expect(rows(node, '#speedups').map(cells => [cells[0], cells[4]])).toEqual(
    measured.filter(one => one.versus_baseline).map(one => [one.id, factor(one.versus_baseline!.speedup)]),
  )
  expect(
    rows(node, '#waterfall')
      .filter(cells => cells[0] === '' && cells[1] !== 'unattributed')
      .map(cells => cells.slice(1, 3)),
  ).toEqual(measured.flatMap(one => one.phases.map(phase => [phase.name, seconds(phase.p50)])))
  expect([...node.querySelectorAll('#findings .cost')].map(cell => cell.textContent)).toEqual(
    findings.map(({ cost }) => (cost === null ? 'no figure' : `${seconds(cost)} s`)),
  )
  // a text with a rim and no fill of its own would be paper on paper
  for (const text of node.querySelectorAll('svg [aria-label="text"]'))
    expect(['none', 'var(--paper)']).not.toContain(text.getAttribute('fill'))
  const drawn = [...node.querySelectorAll('#trials .wide circle')]
  expect(drawn).toHaveLength(measured.reduce((sum, one) => sum + one.n, 0))
}

describe('renderPage', () => {
  it('says what targets did not apply, also where none applied', () => {
    const said = (shown: Report) => parse(renderPage(shown)).querySelector('#targets')?.textContent
    expect(said(report)).toContain('1 of 4 targets did not apply to this run: 1 for engine vllm.')
    expect(said({ ...report, scenarios: report.scenarios.map(one => ({ ...one, targets: [] })) })).toContain(
      '1 of 1 target did not apply',
    )
    expect(said({ ...report, idle_targets: {} })).not.toContain('did not apply')
  })
  const served = summarize(
    run([
      { id: 'cold', baseline: true },
      { id: 'place', strategy: 'podman-in-place' },
    ]),
    [
      ...trials([9, 9.2], { marks: { health: 8.5 }, ready: { 'page-cache': null, 'image-store': null } }),
      ...[0.4, 0.6].flatMap((opening, index) =>
        trials([1], {
          trial: index + 1,
          sequence: 3,
          scenario: 'place',
          strategy: 'podman-in-place',
          marks: { health: 0.8 + index / 10 },
          tokens_per_second: 81 + 6 * index,
          warm_up: { requests: 5, tfft: [0.04, 0.081], tokens_per_second: [81.2, 87.4] },
          checkpoint: { bytes: 3.6e9, pages: 9e5, create_time: 61.95 },
          evidence: { 'cuda.bytes': 11e9 },
          ready: { 'cuda-helper': opening, 'page-cache': null, 'image-store': null, 'something-new': 2 },
        }),
      ),
    ],
  )
  it('has T2, tokens a second, the warm-up, and what taking the checkpoint gave and cost', () => {
    expect(rows(parse(renderPage(served)), '#server')).toEqual([
      ['cold', '8.50', '0.10', '–', '–', '–', '–', '–', '–'],
      ['place', '0.85', '0.10', '84', '0.040–0.081', '81–87', '3.60 GB', '11.0 GB', '62.0'],
    ])
  })
  it('lists what stood ready before the clock, with its cost where that was measured', () => {
    const listed = rows(parse(renderPage(served)), '#ready')
    expect(listed).toEqual([
      [expect.stringContaining('cuInit'), '0.50', 'podman-in-place'],
      [expect.stringContaining('page cache'), expect.stringContaining("pageCache: 'cold'"), 'every scenario'],
      [expect.stringContaining('image store'), 'not measured', 'every scenario'],
      ['something-new', '2.00', 'podman-in-place'],
    ])
    expect(parse(renderPage(real)).querySelector('#ready')).toBeNull()
  })
  it('does not say PASS where no target judged anything', () => {
    const node = parse(renderPage(summarize(run([{ id: 'cold', baseline: true }]), trials([1, 1, 1, 1]))))
    expect(node.querySelector('.verdict')?.textContent).toBe('MEASURED')
    expect(node.querySelector('#targets')?.textContent).toContain('No target applies to this host, engine and model.')
  })
  it('shows the figures of the report', () => {
    expectFigures(page, report)
    expectFigures(renderPage(real), real)
  })

  it('is one file that asks for nothing: no script, no address to load, and a policy that forbids both', () => {
    const node = parse(page)
    expect(node.querySelector('meta[http-equiv="Content-Security-Policy"]')?.getAttribute('content')).toContain(
      "default-src 'none'",
    )
    expect(node.querySelectorAll('script, img, iframe, object, embed, link:not([href="data:,"])')).toHaveLength(0)
    expect(page).not.toMatch(/@import|url\(|\son\w+=/)
  })

  it('escapes what comes from a run', () => {
    const evil = '<script>alert(1)</script>'
    const text = renderPage(
      summarize(run([{ id: evil }, { id: 'b', failed: evil }]), [
        ...trials([1, 2, 3], { scenario: evil }),
        failedTrial({ scenario: evil, error: `${evil}\u001b[31m` }),
      ]),
    )
    expect(text).not.toContain('<script')
    expect(text).toContain('&#60;script&#62;')
    expect(text).not.toContain('\u001b')
  })

  it('can be made of any report: nothing measured, one scenario, one trial, a reference', () => {
    expect(renderPage(summarize(run([]), []))).toContain('Nothing was measured')
    expect(renderPage(summarize(run([{ id: 'cold', baseline: true }]), trials([1])))).toContain('Cold starts, measured')
    const gated = renderPage({
      ...report,
      reference: compareRuns(earlier(report), report, { path: 'results/reference.json' }),
    })
    expect(rows(parse(gated), '#reference').map(cells => cells[1])).toEqual(
      Array.from({ length: 9 }, () => 'no difference'),
    )
  })

  it('says in its heading what the run showed, also where nothing was gained', () => {
    const place = { id: 'place', strategy: 'podman-in-place' as const }
    const of = (tfft: number) =>
      parse(
        renderPage(
          summarize(run([{ id: 'cold', baseline: true }, place]), [
            ...trials([1, 1, 1, 1]),
            ...trials([tfft, tfft, tfft, tfft], { scenario: 'place', strategy: 'podman-in-place' }),
          ]),
        ),
      ).querySelector('h1')?.textContent
    expect(of(0.5)).toBe('Back in 0.50 s, 2.00x as fast as a cold start')
    expect(of(2)).toBe('Nothing was faster than the cold start')
  })

  it('claims no speedup that the interval does not show', () => {
    const place = { id: 'place', strategy: 'podman-in-place' as const }
    const apart = summarize(run([{ id: 'cold', baseline: true }, place]), [
      ...trials([0.5, 1, 1.2, 2]),
      ...trials([0.4, 0.9, 1, 1.9], { scenario: 'place', strategy: 'podman-in-place' }),
    ])
    const node = parse(renderPage(apart))
    expect(node.querySelector('h1')?.textContent).toBe('Back in 0.95 s; no difference from a cold start was shown')
    expect(node.querySelector('title')?.textContent).toContain(node.querySelector('.subject')!.textContent)
  })

  it('says with the verdict why, a missed must and a missed goal apart', () => {
    const ended = (kind: 'must' | 'goal') => {
      const targets = [{ metric: 'tfft.p50' as const, scenario: 'cold', limit: 0.5, kind }]
      const shown = summarize(run([{ id: 'cold', baseline: true }], { targets }), trials([1, 1, 1, 1]))
      return parse(renderPage(shown)).querySelector('.outcome')?.textContent
    }
    expect(ended('must')).toBe('FAIL1 target missed')
    expect(ended('goal')).toMatch(/, 0 of 1 target met, 1 goal missed$/)
  })

  it('says of a met target that its interval crosses the limit, and of no other', () => {
    const target = { metric: 'tfft.p50' as const, scenario: 'cold', kind: 'must' as const }
    const asked = run([{ id: 'cold', baseline: true }], { targets: [1.5, 9].map(limit => ({ ...target, limit })) })
    const limits = parse(renderPage(summarize(asked, trials([0.5, 1, 1, 2])))).querySelectorAll('.targets .limit')
    expect([...limits].map(one => one.textContent)).toEqual([
      '✓ must ≤\u00A01.50 s, but the interval crosses it',
      '✓ must ≤\u00A09.00 s',
    ])
  })

  it('speaks of a cold start only where one was measured in the same group', () => {
    const strategy = 'podman-in-place' as const
    const first = { id: 'podman-in-place', strategy, baseline: true }
    const of = (tfft: number) =>
      parse(
        renderPage(
          summarize(run([first, { id: 'podman-in-place.pages-mapped', strategy }]), [
            ...trials([1, 1, 1, 1], { scenario: first.id, strategy }),
            ...trials([tfft, tfft, tfft, tfft], { scenario: 'podman-in-place.pages-mapped', strategy }),
          ]),
        ),
      )
    expect(of(0.5).querySelector('h1')?.textContent).toBe('Back in 0.50 s')
    expect(of(0.5).querySelector('.summary')?.textContent).toContain(
      'podman-in-place.pages-mapped: 0.500\u00A0s (95 % interval 0.50–0.50, n = 4) from the start command to the ' +
        'first token; no cold start was measured beside it.',
    )
    expect(of(2).querySelector('h1')?.textContent).toBe('Back in 1.00 s')
    expect(of(0.5).querySelector('#speedups h2')?.textContent).toBe('Faster than the baseline?')
  })
})

describe('what a reader can work out', () => {
  const steps = summarize(
    run([
      { id: 'cold', group: 'a', baseline: true },
      { id: 'podman-in-place/one', strategy: 'podman-in-place', group: 'a' },
      { id: 'cold', group: 'b', baseline: true },
      { id: 'runtime-direct/two', strategy: 'runtime-direct', group: 'b' },
    ]),
    [
      ...trials([1.07, 1.113, 1.09, 1.2], { group: 'a' }),
      ...trials([0.187, 0.19, 0.1913, 0.186], {
        group: 'a',
        scenario: 'podman-in-place/one',
        strategy: 'podman-in-place',
      }),
      ...trials([0.73, 0.741, 0.75, 0.72], { group: 'b' }),
      ...trials([0.1, 0.11, 0.12, 0.13], { group: 'b', scenario: 'runtime-direct/two', strategy: 'runtime-direct' }),
    ],
  )
  /** That both medians that stand beside a speedup give it, as near as three digits can. */
  const speedupsFollow = (shown: Report, least: number) => {
    const speedups = rows(parse(renderPage(shown)), '#scenarios').filter(cells => /x$/.test(cells[7] ?? ''))
    expect(speedups.length).toBeGreaterThanOrEqual(least)
    for (const [id, , p50, , , , baseline, speedup] of speedups) {
      const shown = Number.parseFloat(speedup!)
      expect(Math.abs(Number(baseline) / Number(p50) - shown), id).toBeLessThan(0.005 + shown / 100)
    }
  }
  it('every speedup, of the medians beside it, each group against its own baseline', () => {
    speedupsFollow(steps, 2)
    speedupsFollow(real, 7)
    speedupsFollow(gpuShape().report, 3)
  })
  it('the fastest way that can be operated, what it is held against, and what to type', () => {
    const asked = run([{ id: 'podman-in-place/one', strategy: 'podman-in-place', group: 'best' }])
    const node = parse(renderPage(steps, { run: asked, trials: [] }))
    expect(node.querySelector('h1')?.textContent).toBe('Back in 0.19 s, 5.84x as fast as a cold start')
    const summary = node.querySelector('.summary')?.textContent
    expect(summary).toMatch(
      /^The fastest scenario is podman-in-place\/one: .* took 1\.10\u00A0s \(medians\): 5\.84x as fast, 95 % /,
    )
    expect(summary).toMatch(/For comparison only, .* without podman: runtime-direct\/two: /)
    expect(node.querySelector('.again')?.textContent).toContain("SCENARIOS='podman-in-place/one' npx vitest bench best")
  })
  it('nothing of the way without podman where it was no faster', () => {
    const slower = {
      ...steps,
      scenarios: steps.scenarios.map(scenario =>
        scenario.strategy === 'runtime-direct' ? { ...scenario, tfft: { ...scenario.tfft!, p50: 9 } } : scenario,
      ),
    }
    expect(parse(renderPage(slower)).querySelector('.summary')?.textContent).not.toContain('For comparison only')
  })
  it('that without podman is all that was measured', () => {
    const alone = { ...steps, scenarios: steps.scenarios.filter(({ strategy }) => strategy !== 'podman-in-place') }
    expect(parse(renderPage(alone)).querySelector('.summary')?.textContent).toMatch(
      /^The fastest scenario, without podman, is runtime-direct\/two/,
    )
  })
  it('all targets of a scenario in one line, a must and a goal of one metric beside its value', () => {
    const limits = [
      { metric: 'tfft.p50' as const, scenario: 'podman-in-place/one', limit: 2, kind: 'must' as const },
      { metric: 'tfft.p50' as const, scenario: 'podman-in-place/one', limit: 0.1, kind: 'goal' as const },
      { metric: 'tfft.p50' as const, scenario: 'cold', limit: 0.5, kind: 'must' as const },
    ]
    const asked = run([{ id: 'cold' }, { id: 'podman-in-place/one', strategy: 'podman-in-place' }], { targets: limits })
    const shown = summarize(asked, [
      ...trials([1, 1, 1, 1]),
      ...trials([0.2, 0.2, 0.2, 0.2], { scenario: 'podman-in-place/one', strategy: 'podman-in-place' }),
    ])
    const lines = [...parse(renderPage(shown)).querySelectorAll('.targets > li')]
    expect(lines.map(line => line.textContent.replaceAll(/\s+/g, ' '))).toEqual([
      'coldtfft.p50 1.00 s (1.00–1.00, n = 4) ✗ must ≤ 0.50 s, missed, most of it: criu.restore 100 %',
      'podman-in-place/onetfft.p50 0.20 s (0.20–0.20, n = 4) ✓ must ≤ 2.00 s ✗ goal ≤ 0.10 s, missed, most of it: ' +
        'criu.restore 100 %',
    ])
  })
  it('what lies where: every part from the list of contents, every link within the page', () => {
    const node = parse(page)
    const ids = [...node.querySelectorAll('[id]')].map(one => one.getAttribute('id'))
    const links = [...node.querySelectorAll('a')].map(one => one.getAttribute('href')!)
    const parts = [...node.querySelectorAll('section')].map(one => `#${one.getAttribute('id')}`)
    expect([...node.querySelectorAll('.contents a')].map(one => one.getAttribute('href'))).toEqual(parts)
    expect(links.filter(link => link.startsWith('#') && !ids.includes(link.slice(1)))).toEqual([])
    expect(links).toContain('../../docs/methodology.md')
    expect(links).toContain('logs/cold/')
    expect(renderPage(steps)).toContain('href="logs/podman-in-place/one/"')
  })
  it('a cold start that dwarfs all comes after what matters', () => {
    const { scenarios, ...rest } = gpuShape().report
    const restored = { ...rest, scenarios: scenarios.filter(({ strategy }) => strategy !== 'podman-import') }
    const headings = (shown: Report) =>
      [...parse(renderPage(shown)).querySelectorAll('#waterfall h3')].map(one => one.textContent)
    expect(headings(restored)).toEqual([
      expect.stringMatching(/^What takes less than/),
      'The fastest and the slowest of them beside the cold start',
    ])
    // an import that takes longest is no cold start
    expect(
      headings(
        summarize(run([{ id: 'cold' }, { id: 'podman-import', strategy: 'podman-import' }, { id: 'x' }]), [
          ...trials([1, 1, 1, 1]),
          ...trials([9, 9, 9, 9], { scenario: 'podman-import', strategy: 'podman-import' }),
          ...trials([1, 1, 1, 1], { scenario: 'x' }),
        ]),
      ),
    ).toEqual([expect.stringMatching(/^The same, closer/)])
  })
})

describe('holdings', () => {
  const held = (id: string, tfft: number, memory: Record<string, number>) => ({
    ...report.scenarios[0]!,
    id,
    tfft: { p50: tfft, min: tfft, max: tfft, ci95: [tfft, tfft] as [number, number] },
    memory,
  })
  it('marks the frontier: no other is as fast with as little memory', () => {
    const all = holdings([
      held('cold', 10, { dram: 0 }),
      held('slow and large', 5, { dram: 8e9 }),
      held('place', 3, { dram: 5e9 }),
      held('resume', 1, { dram: 5e9, gpu: 1e9 }),
    ])
    expect(all.map(one => [one.id, one.frontier])).toEqual([
      ['cold', true],
      ['slow and large', false],
      ['place', true],
      ['resume', true],
    ])
  })
})

it('html escapes values, keeps markup, joins lists', () => {
  expect(html`<p title="${'"'}">${'<b>'}${html`<b>`}${[1, html`<i>`]}${false}${undefined}</p>`.text).toBe(
    '<p title="&#34;">&#60;b&#62;<b>1<i></p>',
  )
})

/**
 * Whether the page is wider than the window, tables that must be scrolled, text of pictures that reaches beyond it or
 * lies on other text, and text that is small.
 */
const OUTSIDE = `(() => {
  const all = selector => [...document.querySelectorAll(selector)]
  const box = element => element.getBoundingClientRect()
  const isDrawn = text => box(text).width > 0
  const scale = ({ ownerSVGElement: svg }) => box(svg).width / svg.viewBox.baseVal.width
  const size = text => parseFloat(getComputedStyle(text).fontSize) * scale(text)
  return {
    wider: document.documentElement.scrollWidth > innerWidth,
    scrolling: all('.scroll')
      .filter(table => !table.closest('details:not([open])') && table.scrollWidth > table.clientWidth)
      .map(table => table.textContent.slice(0, 40)),
    clipped: all('svg text')
      .filter(text => isDrawn(text) && (box(text).left < 0 || box(text).right > innerWidth))
      .map(text => text.textContent),
    overlapping: all('svg').flatMap(svg => {
      const texts = [...svg.querySelectorAll('text')].filter(isDrawn).map(text => ({ text, at: box(text) }))
      return texts.flatMap(({ text, at }, index) =>
        texts.slice(index + 1)
          .filter(({ at: other }) =>
            Math.min(at.right, other.right) - Math.max(at.left, other.left) > 1 &&
            Math.min(at.bottom, other.bottom) - Math.max(at.top, other.top) > 3)
          .map(other => text.textContent + ' / ' + other.text.textContent))
    }),
    small: all('svg text').some(text => isDrawn(text) && size(text) < 9.5),
  }
})()`

const NO_CHROMIUM = ' (skipped: none is installed; apt-get install chromium, or CHROMIUM=/path/to/it)'
// with CHROMIUM set, as CI sets it, a browser that is not there is a failure
describe.skipIf(!chromium)(`in headless Chromium${chromium ? '' : NO_CHROMIUM}`, { timeout: 60_000 }, () => {
  it('says nothing on the console, asks the network for nothing, and shows the figures of the report', async () => {
    const { dom, said, asked } = await visit(renderPage(real))
    expectFigures(dom, real)
    expect(said).toEqual([])
    expect(asked).toEqual([])
  })
  it('and the same look at a page that does both sees both', async () => {
    const { said, asked } = await visit(
      '<!doctype html><script>console.error("boo")</script><img src="http://127.0.0.1:9/x.png">',
    )
    expect(said).toContain('boo')
    expect(asked).toContain('http://127.0.0.1:9/x.png')
  })
  it('fits a phone, a tablet and a desk, names of a GPU host too: nothing is clipped, small or overlaps', async () => {
    const fits = { wider: false, scrolling: [], clipped: [], overlapping: [], small: false }
    for (const shown of [real, gpuShape().report])
      expect((await visit(renderPage(shown), { widths: [360, 390, 768, 1280], look: OUTSIDE })).seen).toEqual([
        fits,
        fits,
        fits,
        fits,
      ])
  })
  it('takes no more than eight pages of paper', async () => {
    const pages = async (shown: Report) => (await visit(renderPage(shown), { print: true })).printed
    for (const shown of [real, gpuShape().report, report]) {
      expect(await pages(shown)).toBeLessThanOrEqual(8)
      expect(await pages(shown)).toBeGreaterThan(2)
    }
  })
})
