/** A request that a server is sent beside questions, such as one to sleep. */
export interface ServerRequest {
  method: 'GET' | 'POST' | 'PUT'
  /** With the query. */
  path: string
  /** JSON. */
  body?: string
}

export const REQUEST_FORM =
  'requests one after the other, each a method (GET, POST or PUT), a path, and an object of JSON where it has a ' +
  'body, such as POST /sleep?level=1 or POST /release_memory_occupation {"tags": ["kv_cache"]}'

/** The requests that a text names; undefined where it is not of {@link REQUEST_FORM}. */
export function parseRequests(text: string): ServerRequest[] | undefined {
  const found: ServerRequest[] = []
  let rest = text.trim()
  while (rest !== '') {
    const head = /^(GET|POST|PUT)\s+(\/[\x21-\x7e]*)(?:\s+|$)/.exec(rest)
    if (!head) return undefined
    rest = rest.slice(head[0].length)
    const body = rest.startsWith('{') ? leadingObject(rest) : ''
    if (body === undefined) return undefined
    rest = rest.slice(body.length).trimStart()
    found.push({ method: head[1] as ServerRequest['method'], path: head[2]!, ...(body && { body }) })
  }
  return found.length > 0 ? found : undefined
}

/** As it was written. */
export const requestText = ({ method, path, body }: ServerRequest): string =>
  [method, path, body].filter(Boolean).join(' ')

/** The object of JSON that a text begins with; undefined where it begins with none. */
function leadingObject(text: string): string | undefined {
  for (let end = text.indexOf('}'); end >= 0; end = text.indexOf('}', end + 1)) {
    const candidate = text.slice(0, end + 1)
    if (isJson(candidate)) return candidate
  }
  return undefined
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
