import { bytes, seconds } from '../../run/format.ts'
import type { Report, Scenario } from '../../run/schema.ts'
import { type Branch, tree } from '../scenario-tree.ts'
import { number, table } from './figure.ts'
import { html, idCode, type Markup, type Section, section } from './markup.ts'

const LEAD =
  'T2 is when /health first said 200, asked beside the measured request. Tokens a second are those of one stream. ' +
  'The warm-up comes before the checkpoint; least and most of its requests.'

/** What was seen beside TFFT: when the server was healthy, how fast it talks, and what its checkpoint took. */
export function serverTable({ scenarios }: Report): Section | undefined {
  const shown = scenarios.filter(scenario => scenario.n > 0)
  if (shown.length === 0) return undefined
  return section(
    'server',
    'The server and its checkpoint',
    html`<p class="lead">${LEAD}</p>${table(
      [
        'scenario',
        number('T2,\u00A0s'),
        number('inference TFFT,\u00A0s'),
        number('tokens/s'),
        number('warm-up TFFT,\u00A0s'),
        number('warm-up tokens/s'),
        number('checkpoint'),
        number('GPU memory in it'),
        number('taken in,\u00A0s'),
      ],
      tree(shown).map(branch => [label(branch), ...(branch.scenario ? figures(branch.scenario) : EMPTY).map(number)]),
    )}`,
  )
}

/** Indented as in the terminal: a name says what it adds to the one above. */
const label = ({ depth, name, scenario }: Branch): Markup =>
  scenario
    ? html`<span title="${scenario.id}" style="padding-left:${depth}em">${idCode(name)}</span>`
    : html`<strong class="whole">${name}</strong>`

const NONE = '–'
const EMPTY = Array.from({ length: 8 }, () => '')

function figures({ health, inference_tfft, tokens_per_second: rate, warm_up, checkpoint }: Scenario): string[] {
  const said = (value: number | undefined, text: (value: number) => string) =>
    value === undefined ? NONE : text(value)
  const range = (values: readonly number[] | undefined, text: (value: number) => string) =>
    values ? [...new Set(values.map(text))].join('–') : NONE
  return [
    said(health, seconds),
    said(inference_tfft, seconds),
    said(rate, perSecond),
    range(warm_up?.tfft, seconds),
    range(warm_up?.tokens_per_second, perSecond),
    said(checkpoint?.bytes, bytes),
    said(checkpoint?.gpu_bytes, bytes),
    said(checkpoint?.create_time, seconds),
  ]
}

/** 3.4, 81, 1240 tokens a second. */
const perSecond = (value: number) => (value < 9.95 ? value.toFixed(1) : value.toFixed(0))
