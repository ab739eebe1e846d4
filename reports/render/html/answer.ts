import { spoken } from '../../analysis/answer.ts'
import type { Report } from '../../run/schema.ts'
import { html, type Section, section } from './markup.ts'

/** What the server said to a question that is not timed: that it is a language model, and the same one everywhere. */
export function answer(report: Report): Section | undefined {
  const said = spoken(report)
  return (
    said &&
    section(
      'answer',
      'What it says',
      html`<p class="lead">Asked <q>${said.prompt}</q> after the measured prompt, not timed; ${said.others}.</p>
<blockquote>${said.text}</blockquote>`,
    )
  )
}
