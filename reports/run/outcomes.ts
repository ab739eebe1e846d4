import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { z } from 'zod'
import { writing } from '../../helpers/core/unwritable.ts'
import { type Run, runSchema } from './schema.ts'

/** What workers note about scenarios that were skipped or failed as a whole, until it goes into run.json. */

const noted = runSchema.shape.scenarios.element.pick({ id: true, group: true, skipped: true, failed: true })
type Noted = z.infer<typeof noted>

const outcomesFile = (folder: string) => join(folder, '.outcomes.jsonl')

export function noteOutcome(folder: string, noted: Noted): void {
  const path = outcomesFile(folder)
  writing(path, () => appendFileSync(path, `${JSON.stringify(noted)}\n`, { mode: 0o600 }))
}

/** run.json's scenarios with what workers noted about those that were skipped or failed as a whole. */
export function withOutcomes(scenarios: Run['scenarios'], folder: string): Run['scenarios'] {
  const notes = readNotes(outcomesFile(folder))
  return scenarios.map(scenario => ({
    ...scenario,
    ...notes.find(({ id, group }) => id === scenario.id && group === scenario.group),
  }))
}

/** Every whole line; one that a killed worker left torn says nothing. */
function readNotes(path: string): Noted[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    return []
  }
  return text.split('\n').flatMap(line => {
    try {
      return [noted.parse(JSON.parse(line))]
    } catch {
      return []
    }
  })
}
