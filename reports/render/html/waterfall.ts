import * as Plot from '@observablehq/plot'
import { count, percent, seconds } from '../../run/format.ts'
import type { Scenario } from '../../run/schema.ts'
import { figureSection, NAMES, number, type PictureSize, picture, rows, table } from './figure.ts'
import { html, type Markup } from './markup.ts'
import { FAMILY_ORDER, familyOf, inkOn, strengthOf } from './palette.ts'

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
const BAR = 26

const EVEN = ' The median of an even number of trials lies between two of them; the faster one is drawn.'

/**
 * Where the time went: the median trial of each scenario, phase by phase, on one axis; those that end
 * early once more, closer.
 */
export function waterfall(scenarios: Scenario[]): Markup | undefined {
  const shown = scenarios.filter(scenario => scenario.median_trial)
  if (shown.length === 0) return undefined
  const longest = Math.max(...shown.map(tfft))
  const near = shown.filter(scenario => tfft(scenario) < longest / 3)
  const closer = near.length >= 2 && near.length < shown.length ? near : []
  const even = shown.some(scenario => scenario.n % 2 === 0)
  return figureSection({
    id: 'waterfall',
    title: 'Where the time goes',
    text:
      'The median trial of each scenario, from the start command to the first token. The phases of a trial do not ' +
      `overlap and add up to its TFFT.${even ? EVEN : ''}`,
    legend: legend(shown),
    picture: [
      drawn(shown, 'TFFT of each scenario by phase'),
      ...(closer.length > 0
        ? [
            html`<h3>The same, closer: what takes less than ${seconds(longest / 3)} s</h3>`,
            drawn(closer, 'TFFT of the fast scenarios by phase'),
          ]
        : []),
    ],
    table: phaseTable(shown),
  })
}

const tfft = (scenario: Scenario) => scenario.median_trial?.tfft ?? 0

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
  const { narrow } = size
  const longest = Math.max(...scenarios.map(tfft))
  const ids = scenarios.map(({ id }) => id)
  const left = narrow ? 8 : NAMES
  const right = narrow ? 46 : 60
  const { height, dy, names } = rows(ids, size, BAR, narrow ? 22 : 14)
  const padding = 1 - BAR / height
  return {
    height: scenarios.length * height + 48,
    marginLeft: left,
    marginRight: right,
    marginTop: 8,
    marginBottom: 40,
    x: {
      domain: [0, longest],
      label: 'seconds from the start command →',
      labelAnchor: 'right',
      grid: true,
      ticks: narrow ? 4 : 8,
      tickSize: 0,
    },
    y: { domain: ids, axis: null, paddingInner: padding, paddingOuter: padding / 2 },
    marks: [...names(ids, id => id), ...marks(scenarios, dy, (size.width - left - right) / longest)],
    color: { type: 'identity' },
    opacity: { type: 'identity' },
  }
}

/** A bar for each phase, its name where it fits, and TFFT at the end. @param pixels of a second */
function marks(scenarios: Scenario[], dy: number, pixels: number): Plot.Markish[] {
  const all = scenarios.flatMap(bars)
  const named = all
    .map(bar => ({ ...bar, label: fitting(bar.name, (bar.x2 - bar.x1) * pixels) }))
    .filter(bar => bar.label)
  return [
    Plot.barX(all, {
      y: 'id',
      x1: 'x1',
      x2: 'x2',
      dy,
      fill: 'colour',
      fillOpacity: 'strength',
      insetLeft: 0.5,
      insetRight: 0.5,
      rx: 1.5,
      title: bar => `${bar.name}: ${seconds(bar.x2 - bar.x1)} s`,
    }),
    Plot.text(named, { y: 'id', x: bar => (bar.x1 + bar.x2) / 2, dy, text: 'label', fill: 'ink', fontSize: 11 }),
    Plot.text(scenarios, {
      y: 'id',
      x: tfft,
      text: scenario => seconds(tfft(scenario)),
      textAnchor: 'start',
      dx: 7,
      dy,
      fontWeight: 600,
      fontSize: 13,
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
