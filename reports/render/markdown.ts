/** Markdown that shows what it is given, whatever that contains. */

/** Text that Markdown and HTML leave as it is. */
export const markdownText = (value: string): string =>
  value
    .replace(/[&<>]/g, character => `&#${character.charCodeAt(0)};`)
    .replace(/[\\`*_|[\]]/g, '\\$&')
    .replace(/\s*\n\s*/g, ' ')

export const markdownCode = (value: string): string => `\`${value.replace(/[`|\n]/g, ' ')}\``

/** Nothing where there are no rows. */
export function markdownTable(head: string[], rows: string[][]): string {
  if (rows.length === 0) return ''
  return [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n')
}
