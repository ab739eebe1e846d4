import { readFileSync } from 'node:fs'
import { digest } from '../core/digest.ts'
import { redactWords } from '../core/redact.ts'
import { quote } from '../host/command.ts'

/**
 * A container's command line as text by which two runs can be told apart: what changes nothing is left out, what stands
 * elsewhere (a variable's value, a file of variables) is put in, and of secrets only that they changed can be seen.
 */

/** Digits of a secret's digest: enough to see a change, too few to find the secret by trying. */
const SECRET_DIGITS = 4

/** Words on one line, each secret as `***` and some digits of its digest. */
export function comparable(words: readonly string[]): string {
  const shown = redactWords(words)
  const marked = (word: string, whole: string) => (word === whole ? word : `${word}~${digest(whole, SECRET_DIGITS)}`)
  return quote(shown.map((word, index) => marked(word, words[index]!)))
}

/** Flags that the suite itself makes, without the host's folders and its PATH, which differ between shells. */
export function withoutFolders(flags: readonly string[]): string[] {
  return flags.flatMap((word, index) => {
    const flag = flags[index - 1] ?? ''
    if (/^(--volume|-v)$/.test(flag)) return [word.replace(/^\/[^:]*:/, ':')]
    if (flag === '--env' && word.startsWith('PATH=')) return ['PATH']
    return [word]
  })
}

/**
 * PODMAN_ARGS with the values that podman takes from elsewhere: `--env NAME` (`NAME*` are several) from the
 * environment, `--env-file FILE` from a file.
 */
export function withValues(words: readonly string[], environment: Record<string, string | undefined>): string[] {
  return words.flatMap(apart).flatMap((word, index, all) => {
    const flag = all[index - 1]
    if (flag === '--env-file') return [word, fileDigest(word)]
    const byName = (flag === '--env' || flag === '-e') && !word.includes('=')
    const found = byName ? valuesOf(word, environment) : []
    return found.length > 0 ? found : [word]
  })
}

/** `--env=NAME` and `-eNAME` as two words. */
const apart = (word: string): string[] =>
  (/^(--env|--env-file)=(.*)$/s.exec(word) ?? /^(-e)(.+)$/s.exec(word))?.slice(1) ?? [word]

function valuesOf(name: string, environment: Record<string, string | undefined>): string[] {
  const wanted = (key: string) => (name.endsWith('*') ? key.startsWith(name.slice(0, -1)) : key === name)
  return Object.entries(environment)
    .filter(([key]) => wanted(key))
    .map(([key, value = '']) => `${key}=${value}`)
    .sort()
}

function fileDigest(path: string): string {
  try {
    return digest(readFileSync(path))
  } catch {
    return 'unreadable'
  }
}
