import { bytes, seconds } from '../../run/format.ts'
import type { Report, Scenario } from '../../run/schema.ts'
import { type Branch, tree } from '../scenario-tree.ts'
import { type Cells, NONE, number, stackedTable } from './figure.ts'
import { html, idCode, type Markup, type Section, section } from './markup.ts'

const LEAD = 'When the server was healthy, how fast it answered, and the size and time of its checkpoint.'
const NOTE =
  'T2 is when /health first answered 200, polled beside the measured request. Inference TFFT runs from sending the ' +
  'answered request to its first token. Tokens per second are those of one stream. The warm-up comes before the ' +
  'checkpoint: the lowest and the highest value of its requests.'

/** What was seen beside TFFT: when the server was healthy, how fast it talks, and what its checkpoint took. */
export function serverTable({ scenarios }: Report): Section | undefined {
  const shown = scenarios.filter(scenario => scenario.n > 0)
  if (shown.length === 0) return undefined
  return section(
    'server',
    'What else was measured?',
    html`<p class="lead">${LEAD}</p>${stackedTable(
      [
        'scenario',
        number('T2,\u00A0s'),
        number('inference TFFT,\u00A0s'),
        number('tokens/s'),
        number('warm-up TFFT,\u00A0s'),
        number('warm-up tokens/s'),
        number('checkpoint'),
        number('GPU memory in it'),
        number('time to create,\u00A0s'),
      ],
      tree(shown).map(branch => [label(branch), ...(branch.scenario ? figures(branch.scenario) : EMPTY)]),
    )}<p class="note">${NOTE}</p>`,
  )
}

/** Indented as in the terminal: a name says what it adds to the one above. */
const label = ({ depth, name, scenario }: Branch): Markup =>
  scenario
    ? html`<span title="${scenario.id}" style="padding-left:${depth}em">${idCode(name)}</span>`
    : html`<strong class="whole">${name}</strong>`

const EMPTY: Cells = Array.from({ length: 8 }, () => '')

function figures({ health, inference_tfft, tokens_per_second: rate, warm_up, checkpoint }: Scenario): Cells {
  const said = (value: number | undefined, text: (value: number) => string) =>
    value === undefined ? NONE : number(text(value))
  const range = (values: readonly number[] | undefined, text: (value: number) => string) =>
    values ? number([...new Set(values.map(text))].join('–')) : NONE
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
