import { count } from '../run/format.ts'
import type { Report } from '../run/schema.ts'

/** What a server said, as text: the words of random weights may be anything, a terminal's control characters too. */
const plain = (text: string) => text.replace(/[^\P{C}\n]/gu, '\uFFFD').trim()

interface Spoken {
  prompt: string
  text: string
  others: string
}

/** The question, what the server said to it, and who else said so; undefined where nobody was asked. */
export function spoken({ answer }: Pick<Report, 'answer'>): Spoken | undefined {
  if (!answer) return undefined
  const { prompt, text, same, of } = answer
  const others = `${same} of ${count(of, 'server')} that came back gave the answer of a fresh one`
  return { prompt: plain(prompt), text: plain(text), others: of === 0 ? 'no server came back' : others }
}

/** What could not be proven, each with the scenarios that it holds for. */
export function unproven({ scenarios }: Pick<Report, 'scenarios'>): string[] {
  const measured = scenarios.filter(scenario => scenario.n > 0)
  const proofs = [...new Set(measured.flatMap(scenario => scenario.unchecked))]
  return proofs.map(proof => {
    const ids = measured.filter(scenario => scenario.unchecked.includes(proof)).map(({ id }) => id)
    return `not checked: ${proof} (${ids.length === measured.length ? 'every scenario' : ids.join(', ')})`
  })
}
