import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const TEMPLATES = join(import.meta.dirname, 'templates')

/** Text of a template: {{name}} is a placeholder, {{gain:setting}} says what that setting gained. */
export const template = (name: string): string => readFileSync(join(TEMPLATES, name), 'utf8')

/** A line of its own for each sentence of a comment, behind the `# ` that stands before the placeholder. */
export const comment = (lines: string[]): string => lines.map(line => `# ${line}`).join('\n')

/**
 * Fills a template in. Pure.
 * @param gains by setting; one that the scenario does not have was left as usual
 * @throws Error naming a placeholder that has no value
 */
export function fill(text: string, values: Record<string, string>, gains: ReadonlyMap<string, string>): string {
  return text.replace(/\{\{(gain:)?(\w+)\}\}/g, (_, gain: string | undefined, name: string) => {
    if (gain) return gains.get(name) ?? `${name}: as usual in that scenario.`
    const value = values[name]
    if (value === undefined) throw new Error(`the template's {{${name}}} has no value`)
    return value
  })
}
