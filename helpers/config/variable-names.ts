import { didYouMean, nearMiss } from '../core/nearest.ts'

/** Slips in the names of variables. All pure. */

/** Read from the environment alone; docs/variables.md says what for. */
export const ENVIRONMENT_ONLY = ['DEBIAN_MIRROR', 'CUDA_LIBRARY', 'NO_COLOR', 'CHROMIUM', 'EXIT_CODES']

/**
 * What is wrong with the names in `.env`, a line each: only the suite reads that file, so that a name which it does not
 * know has no effect.
 * @param text of the file, for line numbers
 */
export function unknownNames(names: string[], text: string, known: readonly string[]): string[] {
  const lines = text.split('\n')
  return names
    .filter(name => !known.includes(name))
    .map(name => {
      const line = lines.findIndex(one => new RegExp(`^\\s*(export\\s+)?${RegExp.escape(name)}\\s*=`).test(one)) + 1
      const why = ENVIRONMENT_ONLY.includes(name)
        ? 'is read from the environment only'
        : `is no variable of the suite${didYouMean(name, known)}`
      return `.env${line > 0 ? `:${line}` : ''}: ${name} ${why}`
    })
}

/** Names in the environment that may be meant for the suite, a warning each; most of them are for others. */
export function nearMisses(names: string[], known: readonly string[]): string[] {
  const all = [...known, ...ENVIRONMENT_ONLY]
  return names
    .filter(name => !all.includes(name))
    .flatMap(name => {
      const meant = nearMiss(name, known)
      return meant === undefined ? [] : `${name} is set and not read; did you mean ${meant}?`
    })
}
