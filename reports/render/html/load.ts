import { loadText } from '../../../helpers/core/load-options.ts'
import { seconds } from '../../run/format.ts'
import type { Report, ScenarioLoad } from '../../run/schema.ts'
import { comparedText, judgement, loaded, perSecond, steadyText } from '../load-table.ts'
import { type Cells, NONE, number, stackedTable, table } from './figure.ts'
import { html, idCode, type Section, section } from './markup.ts'

const LEAD = 'Each server under a closed loop of streams, right after its first token and its long answers.'
const NOTE =
  'Medians over trials. The time to 95 % ends with the first second that reaches 95 % of the ' +
  "baseline's steady throughput."

const VERDICTS = {
  pass: ['met', '✓\u00A0yes'],
  fail: ['missed', '✗\u00A0no'],
  inconclusive: ['limit', '?\u00A0inconclusive'],
} as const

/** What servers did after their first token; nothing of a run without LOAD. */
export function load(report: Report): Section | undefined {
  const all = loaded(report)
  if (all.length === 0) return undefined
  return section(
    'load',
    'Is it slower under load?',
    html`<p class="lead">${LEAD} ${report.load && html`<code>LOAD="${loadText(report.load)}"</code>`}</p>${stackedTable(
      [
        'scenario',
        number('n'),
        number('tokens/s'),
        number('vs baseline, 95 % interval'),
        'no slower?',
        number('time to 95 %'),
        number('TTFT p50, s'),
        number('TTFT p99, s'),
        number('inter-token p50, s'),
        number('inter-token p99, s'),
        number("long answers same as a fresh server's"),
      ],
      all.map(({ id, baseline, load }) => [idCode(id), ...figures(load, baseline)]),
    )}<p class="note">${NOTE} ${judgement(all).map(text => `${text}.`)}</p>
<details><summary>Tokens in each second</summary>${table(
      ['scenario', 'tokens of all streams, second by second'],
      all.map(({ id, load }) => [idCode(id), load.tokens.map(perSecond).join(' ')]),
    )}</details>`,
  )
}

function figures(load: ScenarioLoad, baseline: boolean): Cells {
  const { n, failed, error, tokens_per_second: rate, versus_baseline: versus, ttft, inter_token: gap, answers } = load
  const [tone, word] = versus ? VERDICTS[versus.verdict] : ['limit', '–']
  const lost = failed > 0 && html`<br><span class="missed why">${failed} failed: ${error?.split('\n')[0]}</span>`
  return [
    number(String(n)),
    rate === undefined ? NONE : number(perSecond(rate)),
    versus ? number(comparedText(versus)) : baseline ? number('baseline') : NONE,
    versus || lost ? html`<span class="${tone}">${word}</span>${lost}` : { ...NONE, number: false },
    versus ? number(steadyText(versus)) : NONE,
    ...[ttft?.p50, ttft?.p99, gap?.p50, gap?.p99].map(one => (one === undefined ? NONE : number(seconds(one)))),
    answers ? number(`${answers.same} of ${answers.of}`) : NONE,
  ]
}
