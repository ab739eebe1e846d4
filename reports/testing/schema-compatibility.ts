/** What a JSON Schema says, as far as it is looked at here. */
interface Shape {
  type?: unknown
  const?: unknown
  enum?: unknown[]
  required?: string[]
  properties?: Record<string, Shape>
  additionalProperties?: Shape | boolean
  items?: Shape
  prefixItems?: Shape[]
  anyOf?: Shape[]
}

/** Why a document of the older shape may not be read by the newer one, or may lose something; empty where it is. */
export function broken(older: Shape, newer: Shape, at = 'it'): string[] {
  const { required = [], properties = {} } = older
  const wanted = (newer.required ?? []).filter(name => !required.includes(name))
  const gone = (older.enum ?? [older.const]).filter(
    value => value !== undefined && !(newer.enum ?? [newer.const]).includes(value),
  )
  return [
    ...(JSON.stringify(older.type) === JSON.stringify(newer.type) ? [] : [`${at} was ${older.type}, is ${newer.type}`]),
    ...wanted.map(name => `${at}.${name} is wanted now`),
    ...(newer.enum || newer.const !== undefined ? gone.map(value => `${at} is no longer ${value}`) : []),
    ...Object.entries(properties).flatMap(([name, shape]) =>
      newer.properties?.[name] ? broken(shape, newer.properties[name], `${at}.${name}`) : [`${at}.${name} is gone`],
    ),
    ...both(older.items, newer.items, `${at}[]`),
    ...both(older.additionalProperties, newer.additionalProperties, `${at}.*`),
    ...[...(older.prefixItems ?? []).entries()].flatMap(([i, shape]) =>
      both(shape, newer.prefixItems?.[i], `${at}[${i}]`),
    ),
    ...(older.anyOf ?? []).flatMap((shape, index) =>
      newer.anyOf?.some(other => broken(shape, other).length === 0) ? [] : [`${at}, choice ${index + 1}, is gone`],
    ),
  ]
}

function both(older: Shape | boolean | undefined, newer: Shape | boolean | undefined, at: string): string[] {
  if (typeof older !== 'object') return []
  return typeof newer === 'object' ? broken(older, newer, at) : []
}
