const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g

/**
 * The line of a JSON text, from 1, on which the value at a path begins; of a missing one, the nearest value around it.
 * @param text valid JSON
 * @param path keys and indices, such as ['scenarios', 0, 'tfft']
 */
export function lineOf(text: string, path: readonly PropertyKey[]): number {
  const open: { array: boolean; at: string | number }[] = []
  let keyNext = false
  let found = { depth: 0, index: 0 }
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    const within = open.at(-1)
    if (token === '}' || token === ']') open.pop()
    else if (token === ':') keyNext = false
    else if (token === ',') {
      if (within?.array) within.at = Number(within.at) + 1
      else keyNext = true
    } else if (within && !within.array && keyNext) within.at = JSON.parse(token) as string
    else {
      const depth = open.length
      const onPath = depth <= path.length && open.every(({ at }, i) => at === path[i])
      if (onPath && depth >= found.depth) found = { depth, index }
      if (token === '{' || token === '[') open.push({ array: token === '[', at: 0 })
      keyNext = token === '{'
    }
  }
  return text.slice(0, found.index).split('\n').length
}

/**
 * The first key of a JSON text that an object has twice, with its line, from 1; undefined where none has.
 * @param text valid JSON
 */
export function repeatedKey(text: string): { key: string; line: number } | undefined {
  const open: (Set<string> | undefined)[] = []
  let keyNext = false
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    const keys = open.at(-1)
    if (token === '{' || token === '[') open.push(token === '{' ? new Set() : undefined)
    else if (token === '}' || token === ']') open.pop()
    else if (keyNext && keys && token.startsWith('"')) {
      const key = JSON.parse(token) as string
      if (keys.has(key)) return { key, line: text.slice(0, index).split('\n').length }
      keys.add(key)
    }
    keyNext = token === '{' || (token === ',' && open.at(-1) !== undefined)
  }
  return undefined
}
