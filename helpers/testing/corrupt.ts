import fc from 'fast-check'

/** For property tests: input that was right once. */

const JUNK = [
  '\0',
  '\n',
  '\r\n',
  '{',
  '}',
  '[',
  '"',
  '\\',
  '\uFFFD',
  '\uD800',
  '-1',
  '1e999',
  'null',
  ' ',
  '()',
  '\t',
  'é',
  '\u2028',
  '9'.repeat(400),
  '__proto__',
]

/**
 * A text as a crash, a full disk or a careless hand leaves it: cut, doubled, with junk in it, with
 * bytes that are no UTF-8.
 */
export function corruptText(whole: string): fc.Arbitrary<string> {
  const at = fc.nat(whole.length)
  const damage = fc.tuple(
    fc.constantFrom('cut', 'drop', 'double', 'junk', 'bytes'),
    at,
    at,
    fc.oneof(fc.constantFrom(...JUNK), fc.string({ maxLength: 12 })),
    fc.uint8Array({ maxLength: 8 }),
  )
  return fc.array(damage, { minLength: 1, maxLength: 3 }).map(damages =>
    damages.reduce((text, [kind, a, b, junk, bytes]) => {
      const [from, to] = a < b ? [a, b] : [b, a]
      return kind === 'cut'
        ? text.slice(0, a)
        : kind === 'drop'
          ? text.slice(0, from) + text.slice(to)
          : kind === 'double'
            ? text.slice(0, to) + text.slice(from)
            : kind === 'bytes'
              ? text.slice(0, a) + Buffer.from(bytes).toString('utf8') + text.slice(a)
              : text.slice(0, a) + junk + text.slice(a)
    }, whole),
  )
}

/** A JSON value with one or more of its parts replaced by something of another kind, or gone. */
export function corruptValue(whole: unknown): fc.Arbitrary<unknown> {
  const paths = pathsOf(whole)
  const instead = fc.oneof(
    fc.constantFrom(null, -1, 0, 1e300, true, '', 'x', [], {}, [null], '__proto__', Symbol.for('gone')),
    fc.jsonValue({ maxDepth: 2 }),
    fc.double(),
  )
  return fc
    .array(fc.tuple(fc.constantFrom(...paths), instead), { minLength: 1, maxLength: 3 })
    .map(damages => damages.reduce((value, [path, part]) => replaced(value, path, part), whole))
}

type Path = (string | number)[]

function pathsOf(value: unknown, path: Path = []): Path[] {
  const entries = Array.isArray(value)
    ? [...value.entries()]
    : value !== null && typeof value === 'object'
      ? Object.entries(value)
      : []
  return [path, ...entries.flatMap(([key, inner]) => pathsOf(inner, [...path, key]))]
}

function replaced(value: unknown, [key, ...rest]: Path, part: unknown): unknown {
  if (key === undefined) return part === Symbol.for('gone') ? null : part
  if (value === null || typeof value !== 'object') return value
  const copy = (Array.isArray(value) ? [...value] : { ...value }) as Record<string | number, unknown>
  if (rest.length === 0 && part === Symbol.for('gone')) delete copy[key]
  else copy[key] = replaced(copy[key], rest, part)
  return copy
}

/**
 * What the call returns; undefined where it throws an error of that class, its own clear one. Any other error goes on.
 */
export function orItsOwnError<T>(own: new (...args: never[]) => Error, call: () => T): T | undefined {
  try {
    return call()
  } catch (error) {
    if (error instanceof own && error.message !== '') return undefined
    throw error
  }
}
