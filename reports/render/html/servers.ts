import * as Plot from '@observablehq/plot'
import { bytes, factor, percent, seconds } from '../../run/format.ts'
import type { Scenario } from '../../run/schema.ts'
import { figureSection, number, picture, table } from './figure.ts'
import { TITLE as HOLDING } from './holding.ts'
import { html, idCode, type Markup } from './markup.ts'

type Several = Scenario & { servers: NonNullable<Scenario['servers']> }

const TEXT = 'Servers from one checkpoint: TFFT of the first, the median (dot) and the last server.'
const NOTE =
  'Seconds are counted from the first start command. Memory is the proportional set size of all servers (a page that ' +
  'n processes map counts 1/n for each); a further one costs what no other process maps. What the checkpoint itself ' +
  `holds: “${HOLDING}”.`

/** TFFT and host memory against the number of servers. */
export function servers(scenarios: Scenario[]): Markup | undefined {
  const all = scenarios.filter((scenario): scenario is Several => scenario.servers !== undefined)
  if (all.length === 0) return undefined
  return figureSection({
    id: 'servers',
    title: 'How many servers from one checkpoint?',
    text: TEXT,
    note: NOTE,
    legend: html``,
    picture: picture('first, median and last TFFT of servers from one checkpoint', ({ narrow }) => chart(all, narrow)),
    table: table(
      [
        'scenario',
        number('servers'),
        number('first, s'),
        number('median, s'),
        number('last, s'),
        number('memory of all servers'),
        number('memory of a further one'),
        number('median vs one alone'),
        number('further one vs the first, memory'),
      ],
      all.map(({ id, servers: { count, first, median, last, pss, own, versus_one: one } }) => [
        idCode(id),
        ...[String(count), seconds(first), seconds(median), seconds(last), bytes(pss), bytes(own)].map(number),
        ...(one ? [factor(one.slowdown), percent(one.further_memory)] : ['–', '–']).map(number),
      ]),
    ),
  })
}

/** Pixels of a letter of a name. */
const LETTER = 6.5

/** A row for each scenario, its memory written beside it. */
function chart(all: Several[], narrow: boolean): Plot.PlotOptions {
  const rows = all.map(({ id, servers }) => ({ ...servers, id }))
  const most = Math.max(...rows.map(({ last }) => last))
  const label = ({ id, count }: (typeof rows)[number]) => `${id.replace(/^clones\//, '')} (${count})`
  return {
    height: 60 + rows.length * 34,
    marginLeft: Math.max(narrow ? 110 : 180, ...rows.map(row => 12 + label(row).length * LETTER)),
    marginRight: narrow ? 20 : 130,
    marginBottom: 44,
    x: { label: 'TFFT, seconds →', domain: [0, most * 1.05], grid: true, tickSize: 0, ticks: narrow ? 4 : 8 },
    y: { label: null, domain: rows.map(label), tickSize: 0 },
    marks: [
      Plot.ruleY(rows, {
        x1: 'first',
        x2: 'last',
        y: label,
        stroke: 'var(--criu)',
        strokeWidth: 8,
        strokeOpacity: 0.5,
      }),
      Plot.dot(rows, { x: 'median', y: label, r: 5, fill: 'var(--criu)' }),
      ...(narrow
        ? []
        : [
            Plot.text(rows, {
              frameAnchor: 'right',
              textAnchor: 'start',
              dx: 8,
              y: label,
              text: ({ pss }: (typeof rows)[number]) => bytes(pss),
              fill: 'var(--muted)',
            }),
          ]),
    ],
  }
}
