import { intervalOf, MIN_TRIALS } from '../../analysis/targets.ts'
import { versusColdStart } from '../../run/baseline.ts'
import { count, day, exactSeconds, factor, factorRange, seconds } from '../../run/format.ts'
import type { Report, Run, Scenario } from '../../run/schema.ts'
import { verdictOf } from '../verdict.ts'
import { docs, html, idCode, type Markup, type Section } from './markup.ts'
import { spread } from './spread.ts'
import { isUnbeaten, shortName, subject } from './subject.ts'

/** What the page says first: the fastest way back, by how much, against what, and what to type. */

/** Measured to compare with, and nothing to operate: what the rest is held against, and what podman itself costs. */
const YARDSTICKS: readonly string[] = ['cold', 'runtime-direct']

/** The scenario that came back fastest of those that can be operated; the fastest yardstick where there are none. */
function best(report: Report): Scenario | undefined {
  const back = fastestFirst(report.scenarios.filter(({ strategy }) => strategy !== 'cold'))
  return back.find(({ strategy }) => !YARDSTICKS.includes(strategy)) ?? back[0]
}

const fastestFirst = (scenarios: Scenario[]) =>
  scenarios
    .filter(scenario => scenario.tfft && scenario.outcome === 'measured')
    .toSorted((a, b) => a.tfft!.p50 - b.tfft!.p50)

function title(report: Report): string {
  if (report.verdict === 'nothing-measured') return 'Nothing was measured'
  const fastest = best(report)
  if (!fastest) return 'Cold starts, measured'
  const back = `Back in ${seconds(fastest.tfft!.p50)} s`
  const cold = versusColdStart(fastest)
  if (!cold) return back
  if (cold.speedup <= 1) return 'Nothing was faster than the cold start'
  // medians differ by chance, too
  if (cold.ci95[0] <= 1) return `${back}; no difference from a cold start was shown`
  return `${back}, ${factor(cold.speedup)} as fast as a cold start`
}

/** The title of the document, which a tab and a bookmark show. */
export const documentTitle = (report: Report): string => `${title(report)}: ${subject(report, best(report))}`

/** @param run tells in which bench file a scenario stands; without it nothing is said of what to type */
export function header(report: Report, run?: Run): Markup {
  const measured = report.scenarios.filter(scenario => scenario.n > 0)
  const trials = measured.reduce((sum, scenario) => sum + scenario.n, 0)
  const notes = report.notes.map(note => html`<li class="inconclusive">${note}</li>`)
  const random =
    report.engine.random_weights &&
    ' The model has random weights: only speed, and that the tokens stay the same, mean anything.'
  const done = `${count(measured.length, 'scenario')} in ${count(trials, 'trial')}`
  return html`<header>
<p class="suite">CRIU GPU Benchmark Suite, ${day(report.timestamp)}</p>
<h1>${title(report)}</h1>
<p class="subject">${subject(report, best(report))}</p>
${outcome(report)}
<p class="summary">${wayBack(report)}${costliest(report)}Measured here: ${done}.${random}</p>
${again(best(report), run)}
${notes.length > 0 && html`<ul class="notes">${notes}</ul>`}
</header>`
}

/** Whether it passed, and why. */
function outcome(report: Report): Markup {
  const { label, style } = verdict(report)
  const { text } = verdictOf(report)
  const why = text.startsWith(label) ? text.slice(label.length).replace(/^[:,]? /, '') : text
  return html`<p class="outcome"><span class="verdict ${style}">${label}</span>${why}</p>`
}

/** The first of the findings: why the slowest is slow. */
function costliest(report: Report): Markup | undefined {
  const first = report.findings.find(({ cost }) => cost !== null)
  if (!first) return undefined
  const where = first.scenario && html` in ${idCode(shortName(first.scenario))}`
  return html`The costliest cause found: ${first.message}, ${seconds(first.cost!)}\u00A0s${where}
(<a href="#findings">what helps</a>). `
}

function wayBack(report: Report): Markup | undefined {
  const fastest = best(report)
  if (!fastest) return undefined
  const cold = versusColdStart(fastest)
  const interval = cold && intervalOf(fastest, 'speedup.p50')
  const faster = cold && `${factor(cold.speedup)} as fast${interval ? `, 95 % interval ${factorRange(interval)}` : ''}`
  const beside = cold
    ? html`, where cold starts that ran in turn with it took ${exactSeconds(cold.p50)}\u00A0s (medians): ${faster}`
    : isUnbeaten(report, fastest)
      ? '; the others are compared with it'
      : // a swap's own cold start is a scenario of it
        fastest.strategy !== 'swap' && '; no cold start was measured beside it'
  const few = fastest.n < MIN_TRIALS && `Fewer than ${MIN_TRIALS} trials are inconclusive. `
  const sure = `(${fastest.n < MIN_TRIALS ? '' : '95 % interval '}${spread(fastest, 'tfft.p50')})`
  const took = ({ id, tfft }: Scenario) => html`${idCode(id)}: ${exactSeconds(tfft!.p50)}\u00A0s`
  const bare = fastestFirst(report.scenarios.filter(({ strategy }) => strategy === 'runtime-direct'))[0]
  // what podman costs is seen where leaving it out is faster only
  const yardstick =
    bare && bare.tfft!.p50 < fastest.tfft!.p50
      ? html`For comparison only, as no server is operated without podman: ${took(bare)}. `
      : undefined
  const way = bare === fastest ? 'The fastest scenario, without podman, is' : 'The fastest scenario is'
  return html`${way} ${took(fastest)} ${sure} ${span(fastest)}${beside}. ${few}${yardstick}`
}

/** What a scenario's TFFT is the time of. */
const span = ({ strategy, servers }: Scenario): string =>
  strategy === 'swap'
    ? 'from the request for the other model to its first token, removing the first model included'
    : `from the start command to the ${servers && servers.count > 1 ? "last server's first token" : 'first token'}`

/** What to type to measure it again, and where it is told how it is operated. */
function again(fastest: Scenario | undefined, run: Run | undefined): Markup | undefined {
  const file = run?.scenarios.find(({ id }) => id === fastest?.id)?.group
  if (!fastest || !file) return undefined
  const command = `SCENARIOS='${fastest.id}' npx vitest bench ${file}`
  return html`<p class="again">To measure it again: <code>${command}</code>. How it works, and what it needs:
${docs('strategies.md')}.</p>`
}

function verdict({ verdict, reference }: Report): { label: string; style: string } {
  if (verdict === 'nothing-measured') return { label: 'NOTHING MEASURED', style: 'fail' }
  if (verdict === 'fail') return { label: 'FAIL', style: 'fail' }
  return reference && reference.verdict !== 'pass'
    ? { label: reference.verdict.toUpperCase(), style: 'fail' }
    : verdict === 'measured'
      ? { label: 'MEASURED', style: 'inconclusive' }
      : { label: 'PASS', style: 'pass' }
}

/** Links to the parts of the page. */
export const contents = (sections: Section[]): Markup =>
  html`<nav aria-label="Contents"><ul class="contents">${sections.map(
    ({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`,
  )}</ul></nav>`
