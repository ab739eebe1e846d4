/**
 * Words of a command line, split at spaces; quotes keep a word together. No shell ever sees them. Undefined where a
 * quote is left open.
 */
export function splitWords(text: string): string[] | undefined {
  const found: string[] = []
  let word: string | undefined
  let quote = ''
  for (const character of text) {
    if (quote) {
      if (character === quote) quote = ''
      else word += character
    } else if (character === '"' || character === "'") {
      quote = character
      word ??= ''
    } else if (/\s/.test(character)) {
      if (word !== undefined) found.push(word)
      word = undefined
    } else {
      word = (word ?? '') + character
    }
  }
  if (quote) return undefined
  return word === undefined ? found : [...found, word]
}
