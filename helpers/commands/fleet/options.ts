import type { ParseArgsOptionsConfig } from 'node:util'
import { namedBenches } from '../../../fixtures/run/bench-files.ts'
import { parseWords, withUsage } from '../../core/command-line.ts'

/** Node's parser, with its errors as sentences. @throws Problem */
export function options<T extends ParseArgsOptionsConfig>(args: string[], known: T) {
  return withUsage('npm run fleet -- --help says what there is.', () =>
    parseWords({ args, allowPositionals: true, options: known }),
  )
}

/**
 * What each node's `vitest bench` is given. From the first option on they are vitest's, and read there.
 * @throws Problem where one names no bench file
 */
export function checkedBenches(words: string[]): string[] {
  const end = words.findIndex(word => word.startsWith('-'))
  namedBenches(end < 0 ? words : words.slice(0, end))
  return words
}
