import type { Census } from './census-schema.ts'

const WIDTH = 80
const FILES = 8

/** The census as text, no line longer than 80 columns. */
export function censusTable(census: Census): string {
  const lines = [
    ...wrapPath('', census.folder),
    row('', 'dumped', 'of which zero'),
    row('all processes', megabytes(census.bytes), megabytes(census.zeroBytes)),
  ]
  for (const { pid, name, mappings, kinds, files, largest, ...dumped } of census.processes) {
    lines.push(
      '',
      row(`pid ${pid} ${name}, ${mappings} mappings`, megabytes(dumped.bytes), megabytes(dumped.zeroBytes)),
    )
    for (const kind of kinds)
      lines.push(row(`  ${kind.kind}, ${kind.mappings} mappings`, megabytes(kind.bytes), megabytes(kind.zeroBytes)))
    if (files.length) lines.push('  private pages of files')
    for (const file of files.slice(0, FILES))
      lines.push(row(`    ${shorten(file.path, 46)}`, megabytes(file.bytes), megabytes(file.zeroBytes)))
    if (files.length > FILES) lines.push(`    and ${files.length - FILES} more`)
    if (largest.length) lines.push('  largest mappings')
    for (const { start, kind, size, bytes, zeroBytes } of largest)
      lines.push(row(`    ${start} ${kind}, ${megabytes(size)} long`, megabytes(bytes), megabytes(zeroBytes)))
  }
  if (census.shared.length) lines.push('', 'shared memory')
  for (const { id, bytes, zeroBytes } of census.shared)
    lines.push(row(`  ${id}`, megabytes(bytes), megabytes(zeroBytes)))
  return lines.join('\n')
}

const row = (label: string, bytes: string, zeroBytes: string): string =>
  `${shorten(label, 50).padEnd(52)}${bytes.padStart(13)}${zeroBytes.padStart(15)}`

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`

/** A path's end says more than its beginning. */
const shorten = (text: string, length: number): string =>
  text.length <= length
    ? text
    : text.startsWith(' ') || text.startsWith('/')
      ? `${/^ */.exec(text)![0]}…${text.slice(-(length - 1 - /^ */.exec(text)![0].length))}`
      : `${text.slice(0, length - 1)}…`

const wrapPath = (indent: string, path: string): string[] =>
  path.length + indent.length <= WIDTH ? [indent + path] : [`${indent}…${path.slice(-(WIDTH - 1 - indent.length))}`]
