import { count, factor, factorRange, percent, seconds } from '../run/format.ts'
import type { Report, Scenario, ScenarioLoad } from '../run/schema.ts'
import { align, type Column, cut, cutMiddle, type Paint, wrap } from './text.ts'

/** What servers did under load, in the terminal; and the words that the page says as well. */

type Loaded = Scenario & { load: ScenarioLoad }

export const loaded = ({ scenarios }: Pick<Report, 'scenarios'>): Loaded[] =>
  scenarios.filter((scenario): scenario is Loaded => scenario.load !== undefined)

const HEAD = ['Under load', 'tokens/s', 'vs baseline 95 %', '95 % in', 'TTFT p99', 'token p99']
const MARKS = { pass: '✓', fail: '✗', inconclusive: '?' } as const
/** Characters that a name is worth before a column is. */
const NAME = 14

/** A row for each scenario that was put under load; nothing of a run without LOAD. */
export function loadLines(report: Report, width: number, ink: Paint): string[] {
  const all = loaded(report)
  if (all.length === 0) return []
  const columns = HEAD.map((_, index): Column => ({ align: index === 0 ? 'left' : 'right' }))
  const figures = [HEAD, ...all.map(row)].map(cells => cells.slice(1))
  let cells = align(figures, columns.slice(1))
  const room = () => width - cells[0]!.reduce((sum, cell) => sum + cell.length + 2, 0)
  while (room() < NAME && cells[0]!.length > 2) cells = cells.map(line => line.slice(0, -1))
  const names = align(
    [HEAD[0]!, ...all.map(({ id }) => cutMiddle(id, Math.max(NAME, room())))].map(name => [name]),
    columns,
  )
  const lines = cells.map((line, index) => [...names[index]!, ...line].join('  ').trimEnd())
  const notes = [...answers(all), ...all.flatMap(broken), ...judgement(all)].flatMap(note =>
    wrap(note, width).map(line => cut(line, width)),
  )
  return [ink('bold', lines[0]!), ...lines.slice(1), ...notes.map(note => ink('dim', note))]
}

function row({ id, baseline, load }: Loaded): string[] {
  const { tokens_per_second: rate, versus_baseline: versus, ttft, inter_token: interToken } = load
  return [
    id,
    rate === undefined ? '–' : perSecond(rate),
    versus ? `${MARKS[versus.verdict]} ${comparedText(versus)}` : baseline ? 'baseline' : '–',
    versus ? steadyText(versus) : '–',
    ttft ? seconds(ttft.p99) : '–',
    interToken ? seconds(interToken.p99) : '–',
  ]
}

type Versus = NonNullable<ScenarioLoad['versus_baseline']>

export const comparedText = ({ ratio, ci95 }: Versus): string => `${factor(ratio)} ${factorRange(ci95)}`
export const steadyText = ({ seconds_to_steady: until }: Versus): string => (until === null ? 'never' : `${until} s`)

/** 3.4, 81, 1240 tokens a second. */
export const perSecond = (value: number): string => (value < 9.95 ? value.toFixed(1) : value.toFixed(0))

function answers(all: Loaded[]): string[] {
  const sum = (name: 'same' | 'of') => all.reduce((total, { load }) => total + (load.answers?.[name] ?? 0), 0)
  if (sum('of') === 0) return []
  const other = all.filter(({ load: { answers } }) => answers && answers.same < answers.of).map(({ id }) => id)
  const of = `${sum('same')} of ${count(sum('of'), 'long answer')} were those of a fresh server`
  return [other.length > 0 ? `${of}; others in ${other.join(', ')}: trials.jsonl says where` : of]
}

const broken = ({ id, load: { n, failed, error } }: Loaded): string[] =>
  failed > 0 ? [`${failed} of ${count(n + failed, 'load')} of ${id} failed: ${error?.split('\n')[0]}`] : []

/** What the marks mean. */
export function judgement(all: Loaded[]): string[] {
  const limit = all.flatMap(({ load }) => load.versus_baseline?.limit ?? [])[0]
  if (limit === undefined) return []
  return [`✓ no more than ${percent(1 - limit)} slower than the baseline, ✗ slower than that, ? inconclusive`]
}
