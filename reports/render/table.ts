import { dirname } from 'node:path'
import { quote } from '../../helpers/host/command.ts'
import { spoken, unproven } from '../analysis/answer.ts'
import { idleLine } from '../analysis/targets.ts'
import { bytes, count, factor, factorRange, metricSign, metricValue, percent, range, seconds } from '../run/format.ts'
import type { Report, Scenario, TargetResult } from '../run/schema.ts'
import { renderGate } from './gate-table.ts'
import { groupBaselines } from './group-baselines.ts'
import { loadLines } from './load-table.ts'
import { legend, tree } from './scenario-tree.ts'
import { align, type Column, cut, type Paint, paint, wrap } from './text.ts'
import { verdictOf } from './verdict.ts'

interface Options {
  /** Width of the terminal; the table is made for 80 and uses no more than that. */
  columns?: number
  colour?: boolean
  /** Path of report.html, the last line. */
  path?: string
}

/** The end of a run: targets, a row a scenario, the three costliest findings, the verdict and where the report lies. */
export function renderTable(report: Report, options: Options = {}): string {
  const { columns = 80, colour = false } = options
  const width = Math.min(columns, 80)
  const ink = paint(colour)
  const sections = [
    targetLines(report, width, ink),
    scenarioLines(report, width, ink),
    serverLines(report, ink),
    loadLines(report, width, ink),
    answerLines(report, width, ink),
    report.reference ? [renderGate(report.reference, { columns, colour })] : [],
    findingLines(report, width, ink),
    closing(report, width, ink, options),
  ]
  return `${sections
    .filter(lines => lines.length > 0)
    .map(lines => lines.join('\n'))
    .join('\n\n')}\n`
}

const MARKS = { pass: '✓', fail: '✗', inconclusive: '?' } as const
const COLOURS = { pass: 'green', fail: 'red', inconclusive: 'yellow' } as const

function targetLines(report: Report, width: number, ink: Paint): string[] {
  const all = report.scenarios.flatMap(scenario => scenario.targets.map(target => ({ scenario, target })))
  const idle = idleLine(report)
  const unused = idle === undefined ? [] : wrap(idle, width).map(line => ink(all.length > 0 ? 'dim' : 'yellow', line))
  if (all.length === 0) return unused
  const rows = align(
    all.map(({ scenario, target }) => [
      scenario.id,
      `${target.metric} ${metricSign(target.metric)} ${metricValue(target.metric, target.limit)}`,
      actual(scenario, target),
    ]),
    LEFT,
  )
  return [
    ink('bold', 'Targets'),
    ...rows.flatMap(([id, limit, is], index) => {
      const { verdict } = all[index]!.target
      const mark = ink(
        verdict === 'fail' && all[index]!.target.kind === 'goal' ? 'yellow' : COLOURS[verdict],
        MARKS[verdict],
      )
      const line = `${id}  ${limit}  ${is}`.trimEnd()
      // the actual value must never be what is cut: a long line is broken before the metric
      return line.length + 2 <= width
        ? [`${mark} ${line}`]
        : [`${mark} ${id!.trimEnd()}`, `    ${limit!.trimEnd()}  ${is!.trimEnd()}`]
    }),
    ...unused,
  ]
}

const LEFT: Column[] = Array.from({ length: 3 }, () => ({ align: 'left' }))

function actual(scenario: Scenario, { actual, metric, verdict, kind }: TargetResult): string {
  const goal = kind === 'goal' ? ' (goal)' : ''
  if (actual === null) return `not measured${goal}`
  const few = verdict === 'inconclusive' ? `, too few trials (${scenario.n})` : ''
  return `${metricValue(metric, actual)}${few}${goal}`
}

const HEAD = ['TFFT in seconds', 'n', 'p50', 'min–max', 'speedup 95 %', 'most of it']
const COLUMNS: Column[] = [
  { align: 'left' },
  { align: 'right' },
  { align: 'right' },
  { align: 'left' },
  { align: 'left' },
  { align: 'left' },
]

function scenarioLines(report: Report, width: number, ink: Paint): string[] {
  const entries = tree(report.scenarios)
  const cells = narrowed(
    align(
      [HEAD, ...entries.map(({ label, scenario }) => (scenario ? row(label, scenario) : HEAD.map(() => '')))],
      COLUMNS,
    ),
    width,
  )
  const spare = figuresLeave(cells, width)
  const name = Math.min(
    spare,
    Math.max(HEAD[0]!.length, ...entries.map(({ label, scenario }) => (scenario?.n ? label.length : 0))),
  )
  const figures = (index: number) => cells[index]!.slice(1).join('  ').trimEnd()
  return [
    ink('bold', `${HEAD[0]!.padEnd(name)}  ${figures(0)}`),
    ...entries.flatMap(({ label, scenario }, index) => {
      if (!scenario) return [label]
      if (scenario.n === 0) return unmeasured(label, scenario, width, ink)
      const line =
        label.length <= name
          ? [`${label.padEnd(name)}  ${figures(index + 1)}`]
          : [...broken(label, width), `${''.padEnd(name)}  ${figures(index + 1)}`]
      return scenario.failed === 0 ? line : [...line, ...failure(scenario, width, ink)]
    }),
    ...[groupBaselines(report.scenarios) ?? [], legend(report.scenarios)]
      .flat()
      .flatMap(text => wrap(text, width - 2))
      .map(line => ink('dim', `  ${line}`)),
  ]
}

/** Several servers of one checkpoint: seconds to the first, the median and the last first token, and host memory. */
function serverLines({ scenarios }: Report, ink: Paint): string[] {
  const rows = scenarios.flatMap(({ id, servers }) =>
    servers
      ? [
          [
            id,
            String(servers.count),
            ...[servers.first, servers.median, servers.last].map(seconds),
            ...[servers.pss, servers.own].map(bytes),
          ],
        ]
      : [],
  )
  if (rows.length === 0) return []
  const head = ['One checkpoint', 'servers', 'first', 'median', 'last', 'memory', 'one more']
  const columns = head.map((_, index): Column => ({ align: index === 0 ? 'left' : 'right' }))
  return align([head, ...rows], columns).map((cells, index) =>
    index === 0 ? ink('bold', cells.join('  ').trimEnd()) : cells.join('  ').trimEnd(),
  )
}

/** What the figures leave of a line for the names. */
const figuresLeave = ([head]: string[][], width: number) =>
  width - head!.slice(1).reduce((sum, cell) => sum + cell.length + 2, 0)

/** Columns that a narrow terminal goes without, in this order: a name is worth more. */
const SPARED = ['min–max', 'most of it', 'n']

function narrowed(cells: string[][], width: number): string[][] {
  for (const title of SPARED) {
    if (figuresLeave(cells, width) >= HEAD[0]!.length) break
    const index = cells[0]!.findIndex(cell => cell.trim() === title)
    cells = cells.map(row => row.toSpliced(index, 1))
  }
  return cells
}

/** A name on as many lines as it needs, broken behind dots; its own indent and two more for what follows. */
function broken(label: string, width: number): string[] {
  const indent = /^ */.exec(label)![0]
  const lines = [indent]
  for (const part of label.trimStart().split(/(?<=\.)/)) {
    if (lines.at(-1)!.length + part.length > width && lines.at(-1)!.trim()) lines.push(`${indent}  ${part}`)
    else lines[lines.length - 1] += part
  }
  return lines
}

function row(label: string, scenario: Scenario): string[] {
  const { tfft, versus_baseline: versus } = scenario
  if (!tfft) return ['']
  const speedup = versus
    ? `${factor(versus.speedup)} ${factorRange(versus.ci95)}`
    : scenario.baseline
      ? 'baseline'
      : '–'
  return [label, String(scenario.n), seconds(tfft.p50), range(tfft.min, tfft.max), speedup, mostOf(scenario)]
}

/**
 * Where most of the time went: a phase, or a family of phases such as the archive's three passes,
 * with its share of TFFT.
 */
export function mostOf({ phases, tfft }: Pick<Scenario, 'phases' | 'tfft'>): string {
  if (!tfft || tfft.p50 === 0) return 'unknown'
  const families = Map.groupBy(phases, phase => phase.name.split('.')[0]!)
  const sums = [...families].map(([name, members]) => ({
    name,
    members,
    sum: members.reduce((total, phase) => total + phase.p50, 0),
  }))
  const first = sums.toSorted((a, b) => b.sum - a.sum)[0]
  if (!first) return 'unknown'
  const costliest = first.members.toSorted((a, b) => b.p50 - a.p50)[0]!
  const share = (value: number) => percent(Math.min(1, value / tfft.p50))
  return costliest.p50 < (first.sum * 2) / 3
    ? `${first.name}.* ${share(first.sum)}`
    : `${costliest.name} ${share(costliest.p50)}`
}

function unmeasured(label: string, scenario: Scenario, width: number, ink: Paint): string[] {
  const [first = '', ...rest] = wrap(
    `${scenario.outcome}: ${scenario.reason?.split('\n')[0] ?? ''}`,
    Math.max(20, width - 28),
  )
  const style = scenario.outcome === 'failed' ? 'red' : 'dim'
  const name =
    label.length <= 26 ? [`${label.padEnd(26)}  ${ink(style, first)}`] : [label, `${''.padEnd(28)}${ink(style, first)}`]
  return [...name, ...rest.map(line => `${''.padEnd(28)}${ink(style, line)}`)]
}

/** Lines of a reason; all of it stands in the report. */
const REASON_LINES = 3

function failure({ n, failed, reason, outcome }: Scenario, width: number, ink: Paint): string[] {
  const lines = wrap(
    `${failed} of ${count(n + failed, 'trial')} failed${outcome === 'failed' ? ', with other tokens' : ''}: ` +
      `${reason?.split('\n')[0] ?? ''}`,
    width - 4,
  )
  return lines
    .slice(0, REASON_LINES)
    .map((line, index) =>
      ink('red', cut(`    ${line}${index === REASON_LINES - 1 && lines.length > REASON_LINES ? ' …' : ''}`, width)),
    )
}

/** Lines of an answer; all of it stands in the report. */
const ANSWER_LINES = 4

function answerLines(report: Report, width: number, ink: Paint): string[] {
  const said = spoken(report)
  if (!said) return []
  const lines = wrap(said.text.replace(/\n+/g, '\n'), width - 4)
  const shown = lines
    .slice(0, ANSWER_LINES)
    .map((line, index) =>
      cut(`    ${line}${index === ANSWER_LINES - 1 && lines.length > ANSWER_LINES ? ' …' : ''}`, width),
    )
  return [
    ...wrap(`Asked "${said.prompt}" it says`, width).map(line => ink('bold', line)),
    ...shown,
    ...wrap(said.others, width).map(line => ink('dim', line)),
  ]
}

function findingLines({ findings }: Report, width: number, ink: Paint): string[] {
  if (findings.length === 0) return []
  const shown = findings.slice(0, 3)
  const more = findings.length - shown.length
  return [
    ink('bold', 'What costs the most'),
    ...shown.flatMap(finding => {
      const cost = (finding.cost === null ? '' : `${seconds(finding.cost)} s`).padStart(7)
      const [first, ...rest] = wrap(
        finding.scenario ? `${finding.scenario}: ${finding.message}` : finding.message,
        width - 9,
      )
      return [
        `${ink('bold', cost)}  ${first}`,
        ...rest.map(line => `         ${line}`),
        ...wrap(`→ ${finding.remedy.replaceAll('`', '')}`, width - 9).map(line => ink('dim', `         ${line}`)),
      ]
    }),
    ...(more > 0 ? [ink('dim', `         ${count(more, 'more finding')} in the report`)] : []),
  ]
}

/** Proofs that differ by a figure in each trial are many: the first ones stand for the rest. */
function unprovenLines(report: Report): string[] {
  const all = unproven(report)
  const more = all.length - UNPROVEN
  return more > 0 ? [...all.slice(0, UNPROVEN), `not checked: ${more} more, in the report`] : all
}
const UNPROVEN = 3

function closing(report: Report, width: number, ink: Paint, options: Options): string[] {
  const { path } = options
  const notes = [...report.notes.map(note => `note: ${note}`), ...unprovenLines(report)]
    .flatMap(note => wrap(note, width).map(line => cut(line, width)))
    .map(line => ink('yellow', line))
  return [...notes, ...verdictLines(report, width, ink, options), ...(path === undefined ? [] : [path])]
}

function verdictLines(report: Report, width: number, ink: Paint, { path }: Options): string[] {
  const rest = report.interrupted && path !== undefined
  return [
    verdictLine(report, width, ink),
    ...(rest ? [`to measure the rest: RESUME=${quote([dirname(path)])} npx vitest bench`] : []),
  ]
}

function verdictLine(report: Report, width: number, ink: Paint): string {
  const { text, tone } = verdictOf(report)
  return wrap(text, width)
    .map(line => ink(tone, line))
    .join('\n')
}
