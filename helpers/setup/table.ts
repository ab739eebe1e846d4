import type { Found } from './step.ts'

/** The doctor's table: pure text, at most `width` columns. */

export interface Row extends Found {
  name: string
}

const STATE = { ok: 'ok', missing: 'missing', 'too-old': 'too old', unusable: 'unusable', unseen: 'not seen' } as const

/** One row a thing: name, state, what was found; below it what to do. */
export function renderTable(rows: Row[], width = 80): string {
  const name = Math.max(5, ...rows.map(row => row.name.length)) + 2
  const state = Math.max(...Object.values(STATE).map(text => text.length)) + 2
  const indent = name + state
  const block = (text: string, first: string) =>
    wrap(text, width - indent).map((line, i) => `${i ? ' '.repeat(indent) : first}${line}`.trimEnd())
  return [
    `${'item'.padEnd(name)}${'state'.padEnd(state)}found`,
    ...rows.flatMap(row => [
      ...block(row.found, row.name.padEnd(name) + STATE[row.state].padEnd(state)),
      ...(row.remedy ? block(`→ ${row.remedy}`, ' '.repeat(indent)) : []),
    ]),
  ].join('\n')
}

/** Lines of at most `width` characters, broken at spaces; a longer word is cut. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  for (const paragraph of text.split('\n')) {
    let line = ''
    for (const word of paragraph.trim().split(/\s+/)) {
      for (let rest = word; ; rest = rest.slice(width)) {
        if (line && line.length + 1 + rest.length > width) {
          lines.push(line)
          line = ''
        }
        line = line ? `${line} ${rest.slice(0, width)}` : rest.slice(0, width)
        if (rest.length <= width) break
      }
    }
    lines.push(line)
  }
  return lines
}
