import * as Plot from '@observablehq/plot'
import { count, percent, seconds } from '../../run/format.ts'
import type { Scenario } from '../../run/schema.ts'
import { bottomAxis, CLEAR, figureSection, number, type PictureSize, picture, table } from './figure.ts'
import { html, type Markup, type Section } from './markup.ts'
import { FAMILY_ORDER, familyOf, inkOn, strengthOf } from './palette.ts'
import { rows } from './rows.ts'

interface Bar {
  id: string
  name: string
  x1: number
  x2: number
  colour: string
  ink: string
  strength: number
}

/** Height of a bar. */
const BAR = 22

const EVEN = ' With an even number of trials the median lies between two of them; the faster one is drawn.'
const SWAP = ' A swap begins with the request for the other model.'
const BASELINE = ' The ticks above and below a row are at the median of the baseline that its trials alternated with.'

/**
 * Where the time went: the median trial of each scenario, phase by phase, on one axis. Where one takes far longer than
 * the others they are drawn once more, closer; first where that is the cold start, which then dwarfs all that matters.
 */
export function waterfall(scenarios: Scenario[]): Section | undefined {
  const shown = scenarios.filter(scenario => scenario.median_trial)
  if (shown.length === 0) return undefined
  const even = shown.some(scenario => scenario.n % 2 === 0)
  const swaps = shown.some(({ strategy }) => strategy === 'swap')
  const based = shown.some(scenario => scenario.versus_baseline)
  const notes = `${swaps ? SWAP : ''}${even ? EVEN : ''}${based ? BASELINE : ''}`
  return figureSection({
    id: 'waterfall',
    title: 'Where does the time go?',
    text: 'The median trial of each scenario, from the start command to the first token.',
    note: `The phases of a trial do not overlap and add up to its TFFT.${notes}`,
    legend: legend(shown),
    picture: pictures(shown),
    table: phaseTable(shown),
  })
}

const tfft = (scenario: Scenario) => scenario.median_trial?.tfft ?? 0

function pictures(shown: Scenario[]): Markup[] {
  const longest = Math.max(...shown.map(tfft))
  const near = shown.filter(scenario => tfft(scenario) < longest / 3)
  const far = shown.filter(scenario => !near.includes(scenario))
  const whole = drawn(shown, 'TFFT of each scenario by phase')
  if (near.length < 2) return [whole]
  const closer = drawn(near, 'TFFT of the fast scenarios by phase')
  const limit = `less than ${seconds(longest / 3)} s`
  if (far.some(({ strategy }) => strategy !== 'cold'))
    return [whole, html`<h3>The same, closer: what takes ${limit}</h3>`, closer]
  const inOrder = near.toSorted((a, b) => tfft(a) - tfft(b))
  const ends = shown.filter(one => far.includes(one) || one === inOrder[0] || one === inOrder.at(-1))
  return [
    html`<h3>What takes ${limit}</h3>`,
    closer,
    html`<h3>The fastest and the slowest of them beside the cold start</h3>`,
    drawn(ends, 'TFFT of the cold start and of the fastest and slowest scenario by phase'),
  ]
}

function bars(scenario: Scenario): Bar[] {
  const { phases, unattributed, tfft: total } = scenario.median_trial!
  const all = phases.map(({ name, start, duration }) => ({
    id: scenario.id,
    name,
    x1: start,
    x2: start + duration,
    colour: familyOf(name).colour,
    ink: inkOn(name),
    strength: strengthOf(name),
  }))
  // what no phase explains may lie anywhere; it is drawn where the phases leave most room, which is behind them
  const end = Math.max(0, ...all.map(bar => bar.x2))
  const { colour, ink } = familyOf('unattributed')
  return end < total && unattributed > 0.001 * total
    ? [...all, { id: scenario.id, name: 'unattributed', x1: end, x2: total, colour, ink, strength: 1 }]
    : all
}

const drawn = (scenarios: Scenario[], label: string): Markup => picture(label, size => chart(scenarios, size))

function chart(scenarios: Scenario[], size: PictureSize): Plot.PlotOptions {
  const longest = Math.max(...scenarios.map(tfft))
  const marginRight = size.narrow ? 46 : 60
  const { height, marginLeft, scale, at, names } = rows(scenarios, size, BAR, size.narrow ? 14 : 8)
  return {
    height: height + 48,
    marginLeft,
    marginRight,
    marginTop: 8,
    marginBottom: 40,
    x: bottomAxis('seconds from the start command →', longest, size),
    y: scale,
    marks: [
      ...baselines(scenarios, at, longest),
      ...names,
      ...marks(scenarios, at, (size.width - marginLeft - marginRight) / longest),
    ],
    color: { type: 'identity' },
    opacity: { type: 'identity' },
  }
}

/** Ticks at the median of the baseline of each. @param longest seconds that the axis shows */
function baselines(scenarios: Scenario[], at: (id: string) => number, longest: number): Plot.Markish[] {
  const based = scenarios.filter(({ versus_baseline: versus }) => versus && versus.p50 <= longest)
  return [
    ...[-1, 1].map(side =>
      Plot.link(based, {
        x1: one => one.versus_baseline!.p50,
        x2: one => one.versus_baseline!.p50,
        y1: one => at(one.id) + side * (BAR / 2 - 1),
        y2: one => at(one.id) + side * (BAR / 2 + 4),
        stroke: 'var(--ink)',
        strokeWidth: 2,
        title: ({ versus_baseline: versus }) => `${versus!.scenario}, in turn with it: ${seconds(versus!.p50)} s`,
      }),
    ),
  ]
}

/** A bar for each phase, its name where it fits, and TFFT at the end. @param pixels of a second */
function marks(scenarios: Scenario[], at: (id: string) => number, pixels: number): Plot.Markish[] {
  const all = scenarios.flatMap(bars)
  const named = all
    .map(bar => ({ ...bar, label: fitting(bar.name, (bar.x2 - bar.x1) * pixels) }))
    .filter(bar => bar.label)
  return [
    Plot.rect(all, {
      y1: bar => at(bar.id) - BAR / 2,
      y2: bar => at(bar.id) + BAR / 2,
      x1: 'x1',
      x2: 'x2',
      fill: 'colour',
      fillOpacity: 'strength',
      insetLeft: 0.5,
      insetRight: 0.5,
      rx: 1.5,
      title: bar => `${bar.name}: ${seconds(bar.x2 - bar.x1)} s`,
    }),
    Plot.text(named, {
      y: bar => at(bar.id),
      x: bar => (bar.x1 + bar.x2) / 2,
      text: 'label',
      fill: 'ink',
      fontSize: 11,
    }),
    Plot.text(scenarios, {
      y: one => at(one.id),
      x: tfft,
      text: scenario => seconds(tfft(scenario)),
      textAnchor: 'start',
      dx: 7,
      fontWeight: 600,
      fontSize: 13,
      ...CLEAR,
    }),
  ]
}

/** The phase's name, its last part, or nothing, by what fits. Letters of 11 px are about 6 px wide. */
function fitting(name: string, pixels: number): string | undefined {
  return [name, name.split('.').at(-1)!].find(text => text.length * 6 + 8 < pixels)
}

function legend(scenarios: Scenario[]): Markup {
  const used = new Set(scenarios.flatMap(bars).map(bar => familyOf(bar.name).key))
  return html`<ul class="legend">${FAMILY_ORDER.filter(key => used.has(key)).map(key => {
    const { colour, label } = familyOf(key === 'token' ? 'first-token' : key)
    return html`<li><span class="swatch" style="background:${colour}"></span>${label}</li>`
  })}</ul>`
}

function phaseTable(scenarios: Scenario[]): Markup {
  return table(
    ['scenario', 'phase', number('median, s'), number('share')],
    scenarios.flatMap(scenario => [
      [
        scenario.id,
        html`<strong>TFFT, median of ${count(scenario.n, 'trial')}</strong>`,
        number(seconds(scenario.tfft!.p50)),
        number(''),
      ],
      ...scenario.phases.map(phase => [
        '',
        phase.name,
        number(seconds(phase.p50)),
        number(percent(phase.p50 / scenario.tfft!.p50)),
      ]),
      [
        '',
        'unattributed',
        number(seconds(scenario.unattributed ?? 0)),
        number(percent((scenario.unattributed ?? 0) / scenario.tfft!.p50)),
      ],
    ]),
  )
}
