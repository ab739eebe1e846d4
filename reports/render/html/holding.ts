import * as Plot from '@observablehq/plot'
import { bytes, seconds } from '../../run/format.ts'
import type { Scenario } from '../../run/schema.ts'
import { figureSection, logTicks, number, picture, table } from './figure.ts'
import { html, idCode, type Markup } from './markup.ts'

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

/** TFFT against the memory held, the frontier marked. */
export function holding(scenarios: Scenario[]): Markup | undefined {
  const all = holdings(scenarios)
  if (all.length < 2) return undefined
  const frontier = frontierOf(all)
  const axes = axesOf(all)
  const along = frontier.map(one => html`<li>${idCode(one.id)} <span>${seconds(one.tfft)} s, ${held(one)}</span></li>`)
  return figureSection({
    id: 'holding',
    title: 'What it costs to be away',
    text:
      'What each scenario holds while the server is away, against how long it takes to come back. Memory is ' +
      'DRAM and GPU memory together; disk is named where it is held. No other scenario is both as fast and as ' +
      'small as one on the line: scale-to-zero is a choice along it. Hollow dots are beaten by one on the ' +
      `line.${axes.logarithmic ? ' The vertical axis is logarithmic.' : ''}`,
    legend: html`<ol class="frontier">${along}</ol>`,
    picture: picture('TFFT against memory held while away, the frontier marked', ({ narrow }) =>
      chart(all, frontier, axes, narrow),
    ),
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

function chart(all: Holding[], frontier: Holding[], axes: Axes, narrow: boolean): Plot.PlotOptions {
  const { most, unit, logarithmic, domain } = axes
  const ticks = logarithmic ? logTicks(domain, 8) : 6
  return {
    height: narrow ? 400 : 440,
    marginLeft: 48,
    marginRight: narrow ? 20 : 40,
    marginTop: 30,
    marginBottom: 44,
    x: {
      label: `memory held while away, ${unit.name} →`,
      labelAnchor: 'right',
      domain: [0, (most / unit.size) * 1.12],
      grid: true,
      tickSize: 0,
      ticks: narrow ? 4 : 8,
    },
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
      ...(narrow ? [] : names(all, axes)),
    ],
    r: { type: 'identity' },
    color: { type: 'identity' },
  }
}

/** The frontier as a line, each way as a dot on it or above, and the frontier's numbers. */
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
      r: one => (one.frontier ? 6 : 4.5),
      fill: one => (one.frontier ? 'var(--criu)' : 'var(--paper)'),
      stroke: one => (one.frontier ? 'var(--criu)' : 'var(--muted)'),
      strokeWidth: 1.5,
      title: one => `${one.id}: ${seconds(one.tfft)} s, ${bytes(one.memory)}`,
    },
  ),
  Plot.text(numbered(frontier), {
    x: one => one.memory / size,
    y: 'tfft',
    text: 'numbers',
    textAnchor: 'start',
    dx: 8,
    dy: -11,
    fontSize: 13,
    fontWeight: 650,
    stroke: 'var(--paper)',
    strokeWidth: 4,
    fill: 'var(--ink)',
  }),
]

/** The names beside the hollow dots, on their left and on their right. */
function names(all: Holding[], axes: Axes): Plot.Markish[] {
  const placed = labels(all, axes.most, one => heightOf(one, axes))
  return [true, false].map(left =>
    Plot.text(
      placed.filter(one => one.left === left),
      {
        x: one => one.memory / axes.unit.size,
        y: 'tfft',
        text: 'id',
        textAnchor: left ? 'end' : 'start',
        dx: left ? -11 : 11,
        dy: 1,
        fontSize: 12,
        fill: 'var(--muted)',
        stroke: 'var(--paper)',
        strokeWidth: 4,
      },
    ),
  )
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
function numbered(frontier: Holding[]): { memory: number; tfft: number; numbers: string }[] {
  const places = Map.groupBy(
    frontier.keys(),
    index => `${bytes(frontier[index]!.memory)} ${seconds(frontier[index]!.tfft)}`,
  )
  return [...places.values()].map(indexes => ({
    memory: frontier[indexes[0]!]!.memory,
    tfft: frontier[indexes[0]!]!.tfft,
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

/**
 * Names of the hollow points, on the side where they fit; those that would lie on another's, or are too long, are left
 * to the table.
 */
function labels(all: Holding[], most: number, height: (one: Holding) => number): (Holding & { left: boolean })[] {
  const placed: { left: boolean; x: number; y: number }[] = all
    .filter(one => one.frontier)
    .flatMap(one => [true, false].map(left => ({ left, x: one.memory / most, y: height(one) })))
  return all
    .filter(one => !one.frontier)
    .flatMap(one => {
      const x = one.memory / most
      const left = x > 0.55
      const y = height(one)
      const crowded = placed.some(other => Math.abs(other.x - x) < 0.4 && Math.abs(other.y - y) < 0.05)
      if (crowded || one.id.length > 100 * (left ? x : 1 - x)) return []
      placed.push({ left, x, y })
      return [{ ...one, left }]
    })
}
