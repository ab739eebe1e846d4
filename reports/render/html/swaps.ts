import * as Plot from '@observablehq/plot'
import { medianOf } from '../../../helpers/core/statistics.ts'
import { bytes, seconds } from '../../run/format.ts'
import type { Scenario, Trial } from '../../run/schema.ts'
import { bottomAxis, figureSection, number, type PictureSize, picture, placedText, table } from './figure.ts'
import { html, idCode, type Section } from './markup.ts'
import { dotBox, place } from './placing.ts'

/** A way of changing models: seconds, bytes, and how many models the host could hold; undefined: only disk limits. */
export interface Swap {
  id: string
  tfft: number
  serving: { dram: number; gpu: number }
  away: { dram: number; gpu: number }
  models: number | undefined
}
type Limited = Swap & { models: number }

/** Medians over the trials that counted, in both directions. Pure. */
export function swapsOf(scenarios: Scenario[], trials: Trial[]): Swap[] {
  return scenarios.flatMap(({ id, strategy, tfft }) => {
    if (strategy !== 'swap' || !tfft) return []
    const own = trials.filter(trial => trial.scenario === id && trial.outcome === 'ok')
    const figure = (name: string) =>
      medianOf(own.flatMap(({ evidence }) => (typeof evidence[name] === 'number' ? evidence[name] : [])))
    const held = (what: string) => ({
      dram: figure(`swap.${what}.dram`) ?? 0,
      gpu: figure(`swap.${what}.gpu`) ?? 0,
    })
    return { id, tfft: tfft.p50, serving: held('serving'), away: held('away'), models: figure('swap.models') }
  })
}

/** How many models a host holds each way, against the time of a swap. */
export function swaps(scenarios: Scenario[], trials: Trial[]): Section | undefined {
  const all = swapsOf(scenarios, trials)
  const limited = all.filter((one): one is Limited => one.models !== undefined)
  if (limited.length === 0) return undefined
  const unlimited = all.filter(({ models }) => models === undefined)
  return figureSection({
    id: 'swaps',
    title: 'How many models can take turns?',
    text: "TFFT of each kind of swap, against how many models this host's memory and one GPU can hold with it.",
    note:
      'One of the models serves. Computed from the bytes that were measured and all of the memory, so leave room for ' +
      'what else runs.',
    legend: html`${unlimited.map(
      ({ id, tfft }) => html`<p>${idCode(id)} ${seconds(tfft)} s, limited only by the disk</p>`,
    )}`,
    picture: picture('TFFT of a swap against the models that the host can hold', size => chart(limited, size)),
    table: table(
      [
        'scenario',
        number('TFFT p50, s'),
        ...['serving: DRAM', 'serving: GPU', 'away: DRAM', 'away: GPU', 'models'].map(number),
      ],
      all.map(({ id, tfft, serving, away, models }) => [
        idCode(id),
        number(seconds(tfft)),
        ...[serving.dram, serving.gpu, away.dram, away.gpu].map(held => number(bytes(held))),
        number(models === undefined ? 'no limit' : String(Math.floor(models))),
      ]),
    ),
  })
}

const HEIGHT = 320
const MARGIN = { marginLeft: 48, marginTop: 30, marginBottom: 44 }

function chart(all: Limited[], size: PictureSize): Plot.PlotOptions {
  const marginRight = 40
  const most = {
    models: 1.1 * Math.max(...all.map(one => one.models)),
    tfft: 1.15 * Math.max(...all.map(at => at.tfft)),
  }
  const labelled = all.map(one => ({
    one,
    text: `${one.id.replace(/^swap\//, '')}: ${Math.floor(one.models)}`,
    size: 12,
    x: MARGIN.marginLeft + (one.models / most.models) * (size.width - MARGIN.marginLeft - marginRight),
    y: HEIGHT - MARGIN.marginBottom - (one.tfft / most.tfft) * (HEIGHT - MARGIN.marginTop - MARGIN.marginBottom),
  }))
  const frame = { left: MARGIN.marginLeft, right: size.width - 4, top: 18, bottom: HEIGHT - MARGIN.marginBottom }
  const placed = place(
    labelled,
    frame,
    labelled.map(({ x, y }) => dotBox(x, y, 6)),
  )
  return {
    height: HEIGHT,
    ...MARGIN,
    marginRight,
    x: bottomAxis('models that the host can hold →', most.models, size),
    y: { label: '↑ TFFT, seconds', domain: [0, most.tfft], grid: true, ticks: 6, tickSize: 0 },
    marks: [
      Plot.dot(all, { x: 'models', y: 'tfft', r: 6, fill: 'var(--criu)' }),
      ...placed.map(at => placedText(at, at.label.one, { x: 'models', y: 'tfft' })),
    ],
  }
}
