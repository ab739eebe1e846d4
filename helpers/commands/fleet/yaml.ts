/** Plain data, as manifests have it. */
export type Plain = string | number | boolean | Plain[] | { [key: string]: Plain | undefined }

/** Data as block YAML 1.2; every string is quoted as in JSON, so that none is taken for something else. Pure. */
export function yaml(data: { [key: string]: Plain | undefined }): string {
  return `${lines(data).join('\n')}\n`
}

function lines(data: Plain): string[] {
  if (Array.isArray(data)) return data.flatMap(item => indented(lines(item), '- '))
  if (typeof data !== 'object') return [JSON.stringify(data)]
  return Object.entries(data).flatMap(([key, value]) => (value === undefined ? [] : entry(key, value)))
}

function entry(key: string, value: Plain): string[] {
  const name = /^[A-Za-z][\w.]*$/.test(key) ? key : JSON.stringify(key)
  if (typeof value !== 'object') return [`${name}: ${JSON.stringify(value)}`]
  if (Object.keys(value).length === 0) return [`${name}: ${Array.isArray(value) ? '[]' : '{}'}`]
  return [`${name}:`, ...indented(lines(value), '  ')]
}

const indented = (all: string[], first: string): string[] =>
  all.map((line, index) => `${index === 0 ? first : '  '}${line}`)
