/** A value of a table; null and undefined are left empty. */
export type Value = string | number | boolean | null | undefined

/** Columns in order: a name, and what a row has there. */
export type Columns<Row> = Record<string, (row: Row) => Value>

/** A table as RFC 4180 has it: a line of names, then a line for each row, each ended by CRLF. */
export function csv<Row>(rows: readonly Row[], columns: Columns<Row>): string {
  const lines = [
    Object.keys(columns),
    ...rows.map(row => Object.values(columns).map(value => String(value(row) ?? ''))),
  ]
  return lines.map(cells => `${cells.map(quoted).join(',')}\r\n`).join('')
}

const quoted = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
