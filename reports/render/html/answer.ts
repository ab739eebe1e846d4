import { spoken } from '../../analysis/answer.ts'
import type { Report } from '../../run/schema.ts'
import { html, type Section, section } from './markup.ts'
import { sentence } from './sections.ts'

/** What the server said to a question that is not timed: that it is a language model, and the same one everywhere. */
export function answer(report: Report): Section | undefined {
  const said = spoken(report)
  return (
    said &&
    section(
      'answer',
      'Does it give the same answer?',
      html`<p class="lead">${sentence(said.others)}. Asked <q>${said.prompt}</q> after the measured prompt, not
timed.${report.engine.random_weights && ' With random weights the words mean nothing.'}</p>
<blockquote>${said.text}</blockquote>`,
    )
  )
}
