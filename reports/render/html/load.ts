import { loadText } from '../../../helpers/core/load-options.ts'
import { seconds } from '../../run/format.ts'
import type { Report, ScenarioLoad } from '../../run/schema.ts'
import { comparedText, judgement, loaded, perSecond, steadyText } from '../load-table.ts'
import { type Cells, number, table } from './figure.ts'
import { html, idCode, type Section, section } from './markup.ts'

const LEAD =
  "Each server, cold-started or brought back, right after its trial's first token and its long answers: a closed " +
  'loop of streams. Medians over trials. The time until 95 % is that to the end of the first second with 95 % of the ' +
  "baseline's steady throughput."

const VERDICTS = { pass: 'met', fail: 'missed', inconclusive: 'limit' } as const
const NONE = '–'

/** What servers did after their first token; nothing of a run without LOAD. */
export function load(report: Report): Section | undefined {
  const all = loaded(report)
  if (all.length === 0) return undefined
  return section(
    'load',
    'Under load',
    html`<p class="lead">${LEAD} ${judgement(all).map(text => html`${text}. `)}${
      report.load && html`<code>LOAD="${loadText(report.load)}"</code>`
    }</p>${table(
      [
        'scenario',
        number('n'),
        number('tokens/s'),
        number('over the baseline, 95 %'),
        'no slower',
        number('until 95 %'),
        number('TTFT p50, s'),
        number('p99'),
        number('inter-token p50, s'),
        number('p99'),
        number('long answers as fresh'),
        'tokens in each second',
      ],
      all.map(({ id, baseline, load }) => [idCode(id), ...figures(load, baseline)]),
    )}`,
  )
}

function figures(load: ScenarioLoad, baseline: boolean): Cells {
  const { n, failed, error, tokens_per_second: rate, versus_baseline: versus, ttft, inter_token: gap, answers } = load
  const verdict = versus && html`<span class="${VERDICTS[versus.verdict]}">${versus.verdict}</span>`
  const lost = failed > 0 && html`<br><span class="missed why">${failed} failed: ${error?.split('\n')[0]}</span>`
  return [
    number(String(n)),
    number(rate === undefined ? NONE : perSecond(rate)),
    number(versus ? comparedText(versus) : baseline ? 'baseline' : NONE),
    html`${verdict ?? NONE}${lost}`,
    number(versus ? steadyText(versus) : NONE),
    ...[ttft?.p50, ttft?.p99, gap?.p50, gap?.p99].map(one => number(one === undefined ? NONE : seconds(one))),
    number(answers ? `${answers.same} of ${answers.of}` : NONE),
    load.tokens.map(perSecond).join(' '),
  ]
}
