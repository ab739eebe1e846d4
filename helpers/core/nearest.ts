/**
 * How many letters have to be put in, left out, changed or swapped with their neighbour to make one word of another.
 */
function distance(from: string, to: string): number {
  let before: number[] = []
  let last = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 1; i <= from.length; i++) {
    const row = [i]
    for (let j = 1; j <= to.length; j++) {
      const changed = last[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1)
      const swapped = from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1] ? before[j - 2]! + 1 : Infinity
      row.push(Math.min(last[j]! + 1, row[j - 1]! + 1, changed, swapped))
    }
    before = last
    last = row
  }
  return last[to.length]!
}

/** Longer words are not compared: it would take time, and none that somebody meant is so long. */
const LONGEST = 200

/**
 * The known words that a misspelt one may stand for, the nearest first: those with at most a third of its letters
 * wrong,
 * and those that hold it or are held by it. Case does not count.
 */
export function nearest(word: string, known: readonly string[], most = 3): string[] {
  const wanted = word.toLowerCase().slice(0, LONGEST)
  const near = [...new Set(known)].flatMap(candidate => {
    const other = candidate.toLowerCase()
    const wrong = distance(wanted, other)
    const allowed = Math.max(1, Math.floor(Math.max(wanted.length, other.length) / 3))
    const within = wanted.length > 2 && other.length > 2 && (other.includes(wanted) || wanted.includes(other))
    return wrong <= allowed || within ? [{ candidate, wrong }] : []
  })
  return near
    .toSorted((a, b) => a.wrong - b.wrong)
    .slice(0, most)
    .map(({ candidate }) => candidate)
}

/**
 * The known word that another one is all but certainly a slip of: at most a fifth of its letters wrong, or the case.
 * Undefined where there is none, as for a word that only holds a known one.
 */
export function nearMiss(word: string, known: readonly string[]): string | undefined {
  const wrong = (candidate: string) => distance(word.toUpperCase().slice(0, LONGEST), candidate.toUpperCase())
  return known
    .filter(candidate => wrong(candidate) <= Math.max(candidate.length, word.length) / 5)
    .toSorted((a, b) => wrong(a) - wrong(b))[0]
}

/** `; did you mean "a" or "b"?`, or nothing where no known word is near. */
export function didYouMean(word: string, known: readonly string[], most = 1): string {
  const near = nearest(word, known, most)
  return near.length > 0 ? `; did you mean ${near.map(one => `"${one}"`).join(' or ')}?` : ''
}
