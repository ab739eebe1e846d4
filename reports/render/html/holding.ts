import * as Plot from '@observablehq/plot'
import { bytes, seconds } from '../../run/format.ts'
import type { Scenario } from '../../run/schema.ts'
import { bottomAxis, figureSection, logTicks, number, type PictureSize, picture, placedText, table } from './figure.ts'
import { html, idCode, type Markup, type Section } from './markup.ts'
import { dotBox, type Label, place, stepBoxes } from './placing.ts'

export interface Holding {
  id: string
  tfft: number
  dram: number
  gpu: number
  disk: number
  memory: number
  frontier: boolean
}

/**
 * What each way holds while the server is away. On the frontier: no other way is at least as fast and
 * holds no more memory.
 */
export function holdings(scenarios: Scenario[]): Holding[] {
  const all = scenarios.flatMap(({ id, tfft, memory }) => {
    if (!tfft || !memory) return []
    const { dram = 0, gpu = 0, disk = 0 } = memory
    return [{ id, tfft: tfft.p50, dram, gpu, disk, memory: dram + gpu }]
  })
  const beats = (a: (typeof all)[number], b: (typeof all)[number]) =>
    a.tfft <= b.tfft && a.memory <= b.memory && (a.tfft < b.tfft || a.memory < b.memory)
  return all.map(one => ({ ...one, frontier: !all.some(other => beats(other, one)) }))
}

export const TITLE = 'Which is fastest for its memory?'
const NOTE =
  'No other scenario is both as fast and as small as one that is listed. Memory is DRAM plus GPU memory; disk is ' +
  'listed separately.'
const DRAWN = 'Numbered dots on the line are those in the list; hollow dots are beaten by one of them.'
const LOGARITHMIC = 'The vertical axis is logarithmic.'

/** TFFT against the memory held, the frontier marked. */
export function holding(scenarios: Scenario[]): Section | undefined {
  const all = holdings(scenarios)
  if (all.length < 2) return undefined
  const frontier = frontierOf(all)
  const axes = axesOf(all)
  // two of them, or one that beats all, are told faster than drawn
  const drawn = all.length > 2 && frontier.length > 1
  const along = frontier.map(one => html`<li>${idCode(one.id)} <span>${seconds(one.tfft)} s, ${held(one)}</span></li>`)
  return figureSection({
    id: 'holding',
    title: TITLE,
    text: 'TFFT against the memory held while the server is away.',
    note: [NOTE, drawn && DRAWN, drawn && axes.logarithmic && LOGARITHMIC].filter(Boolean).join(' '),
    legend: html`<ol class="frontier">${along}</ol>`,
    picture: drawn
      ? picture('TFFT against memory held while away, the frontier marked', size => chart(all, frontier, axes, size))
      : [],
    table: figures(all),
  })
}

/** From the smallest to the fastest. */
const frontierOf = (all: Holding[]): Holding[] =>
  all.filter(one => one.frontier).toSorted((a, b) => a.memory - b.memory || b.tfft - a.tfft)

interface Axes {
  /** Memory: the most that is held, and what it is counted in. */
  most: number
  unit: { name: string; size: number }
  /** TFFT: logarithmic where the ways lie so far apart that the fast ones would all be one dot. */
  logarithmic: boolean
  domain: readonly [number, number]
}

export function axesOf(all: Pick<Holding, 'memory' | 'tfft'>[]): Axes {
  const most = Math.max(1, ...all.map(one => one.memory))
  const unit = most >= 1e9 ? { name: 'GB', size: 1e9 } : { name: 'MB', size: 1e6 }
  const [fastest, slowest] = [Math.min(...all.map(one => one.tfft)), Math.max(...all.map(one => one.tfft))]
  const logarithmic = fastest > 0 && slowest > 5 * fastest
  return { most, unit, logarithmic, domain: logarithmic ? [fastest / 1.4, slowest * 1.25] : [0, slowest * 1.1] }
}

/** How far up the axis a way stands, from 0 to 1. */
const heightOf = ({ tfft }: Holding, { logarithmic, domain }: Axes): number =>
  logarithmic ? Math.log(tfft / domain[0]) / Math.log(domain[1] / domain[0]) : tfft / domain[1]

const HEIGHT = 400
const MARGIN = { marginLeft: 48, marginTop: 30, marginBottom: 44 }
/** Free space beyond the most memory, as a share of it. */
const SPARE = 1.12

function chart(all: Holding[], frontier: Holding[], axes: Axes, size: PictureSize): Plot.PlotOptions {
  const { most, unit, logarithmic, domain } = axes
  const ticks = logarithmic ? logTicks(domain, 8) : 6
  const marginRight = size.narrow ? 20 : 40
  const at = (one: Holding) => ({
    x: MARGIN.marginLeft + (one.memory / (most * SPARE)) * (size.width - MARGIN.marginLeft - marginRight),
    y: HEIGHT - MARGIN.marginBottom - heightOf(one, axes) * (HEIGHT - MARGIN.marginTop - MARGIN.marginBottom),
  })
  return {
    height: HEIGHT,
    ...MARGIN,
    marginRight,
    x: bottomAxis(`memory held while away, ${unit.name} →`, (most / unit.size) * SPARE, size),
    y: {
      type: logarithmic ? 'log' : 'linear',
      label: '↑ TFFT, seconds',
      domain: [...domain],
      grid: true,
      ticks,
    },
    marks: [
      Plot.axisY({ ticks, text: (value: number) => String(value), tickSize: 0 }),
      ...dots(all, frontier, axes),
      ...labels(all, frontier, at, size, axes),
    ],
    r: { type: 'identity' },
    color: { type: 'identity' },
  }
}

/** The frontier as a line, each way as a dot on it or above. */
const dots = (all: Holding[], frontier: Holding[], { unit: { size } }: Axes): Plot.Markish[] => [
  Plot.line(frontier, {
    x: one => one.memory / size,
    y: 'tfft',
    curve: 'step-after',
    stroke: 'var(--criu)',
    strokeWidth: 2,
    strokeOpacity: 0.6,
  }),
  Plot.dot(
    all.toSorted((a, b) => Number(a.frontier) - Number(b.frontier)),
    {
      x: one => one.memory / size,
      y: 'tfft',
      r: radius,
      fill: one => (one.frontier ? 'var(--criu)' : 'var(--paper)'),
      stroke: one => (one.frontier ? 'var(--criu)' : 'var(--muted)'),
      strokeWidth: 1.5,
      title: one => `${one.id}: ${seconds(one.tfft)} s, ${bytes(one.memory)}`,
    },
  ),
]

const radius = ({ frontier }: Holding) => (frontier ? 6 : 4.5)

/**
 * The numbers of the frontier, then the names of the hollow dots, where they find room; the rest is left to the table.
 * @param at where a dot lies, in pixels
 */
function labels(
  all: Holding[],
  frontier: Holding[],
  at: (one: Holding) => { x: number; y: number },
  { width, narrow }: PictureSize,
  { unit }: Axes,
): Plot.Markish[] {
  const wanted: (Label & { one: Holding })[] = [
    ...numbered(frontier).map(({ one, numbers }) => ({ ...at(one), one, text: numbers, size: 13 })),
    ...(narrow ? [] : all.filter(one => !one.frontier).map(one => ({ ...at(one), one, text: one.id, size: 12 }))),
  ]
  const frame = {
    left: MARGIN.marginLeft,
    right: width - 4,
    top: MARGIN.marginTop - 12,
    bottom: HEIGHT - MARGIN.marginBottom,
  }
  const taken = [...all.map(one => dotBox(at(one).x, at(one).y, radius(one))), ...stepBoxes(frontier.map(at))]
  return place(wanted, frame, taken).map(placed => {
    const { one } = placed.label
    return placedText(placed, one, {
      x: one.memory / unit.size,
      y: 'tfft',
      fontWeight: one.frontier ? 650 : 400,
      fill: one.frontier ? 'var(--ink)' : 'var(--muted)',
    })
  })
}

const figures = (all: Holding[]): Markup =>
  table(
    ['scenario', number('TFFT p50, s'), number('DRAM'), number('GPU memory'), number('disk'), 'frontier'],
    all.map(one => [
      one.id,
      number(seconds(one.tfft)),
      number(bytes(one.dram)),
      number(bytes(one.gpu)),
      number(bytes(one.disk)),
      one.frontier ? html`<strong>yes</strong>` : '',
    ]),
  )

/** The numbers of the frontier's dots; those that lie on one another share a label. */
function numbered(frontier: Holding[]): { one: Holding; numbers: string }[] {
  const places = Map.groupBy(
    frontier.keys(),
    index => `${bytes(frontier[index]!.memory)} ${seconds(frontier[index]!.tfft)}`,
  )
  return [...places.values()].map(indexes => ({
    one: frontier[indexes[0]!]!,
    numbers: indexes.map(index => index + 1).join(', '),
  }))
}

/** What a way holds, in words. */
function held({ dram, gpu, disk }: Holding): string {
  const parts = [
    [dram, 'of DRAM'],
    [gpu, 'of GPU memory'],
    [disk, 'on disk'],
  ] as const
  const held = parts.flatMap(([size, place]) => (size > 0 ? `${bytes(size)} ${place}` : []))
  return `holds ${held.join(', ') || 'nothing'}`
}
