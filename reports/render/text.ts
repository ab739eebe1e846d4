import { styleText } from 'node:util'

/** Text in columns. All pure. */

/** Breaks text at spaces into lines of at most `width` characters; a longer word stands alone. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  for (const paragraph of text.split('\n')) {
    let line = ''
    for (const word of paragraph.split(/\s+/).filter(Boolean)) {
      if (line !== '' && line.length + 1 + word.length > width) {
        lines.push(line)
        line = word
      } else line = line === '' ? word : `${line} ${word}`
    }
    lines.push(line)
  }
  return lines
}

/** Cuts text to `width` characters; a cut shows as "…". */
export function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`
}

/** Cuts a name to `width` characters out of its middle: its begin says what it is, its end what sets it apart. */
export function cutMiddle(text: string, width: number): string {
  if (text.length <= width) return text
  const end = Math.max(0, Math.ceil((width - 1) * 0.6))
  return `${text.slice(0, Math.max(0, width - 1 - end))}…${end > 0 ? text.slice(-end) : ''}`
}

/** Text with commands in backticks, taken apart: what to read and what to type. */
export function spans(text: string): { text: string; code: boolean }[] {
  return text
    .split('`')
    .map((part, index) => ({ text: part, code: index % 2 === 1 }))
    .filter(span => span.text !== '')
}

type Style = 'green' | 'red' | 'yellow' | 'bold' | 'dim'
export type Paint = (style: Style, text: string) => string

/** Paints where colour is wanted, and else leaves text alone. */
export function paint(colour: boolean): Paint {
  return (style, text) => (colour ? styleText(style, text, { validateStream: false }) : text)
}

export interface Column {
  align: 'left' | 'right'
}

/**
 * Lines up rows of cells, two spaces between columns, none after the last. Widths come from the content, so the cells
 * must not be painted yet.
 */
export function align(rows: string[][], columns: Column[]): string[][] {
  const widths = columns.map((_, index) => Math.max(0, ...rows.map(row => row[index]?.length ?? 0)))
  return rows.map(row =>
    row.map((cell, index) =>
      columns[index]!.align === 'right' ? cell.padStart(widths[index]!) : cell.padEnd(widths[index]!),
    ),
  )
}
