import { ownEnvFile } from './env-file.ts'
import { redactText, redactTheseWords, secretsOf } from './secrets.ts'

/** The secrets of this process, taken out of all that leaves it: errors, logs, run.json, trials. */

let known: string[] | undefined

function secrets(): string[] {
  return (known ??= secretsOf({ ...variables(), ...process.env }))
}

function variables(): Record<string, string | undefined> {
  try {
    return ownEnvFile()
  } catch {
    // whoever needs .env says what is wrong with it
    return {}
  }
}

/** The text without secrets. */
export const redact = (text: string): string => redactText(text, secrets())

/** A command line without secrets. */
export const redactWords = (words: readonly string[]): string[] => redactTheseWords(words, secrets())
