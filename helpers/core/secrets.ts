import { splitWords } from './words.ts'

/**
 * What looks like a secret, and how it is taken out of text. Pure; redact.ts knows the secrets of this process.
 * It errs towards hiding: a log line that lost a harmless value costs less than a key in a report.
 */

/** What stands in a secret's place. */
export const HIDDEN = '***'
/** A shorter value says too little to be looked for: it would be found everywhere. */
const SHORTEST = 6

const STRONG = /^(SECRETS?|PASSWORDS?|PASSWD|PASSPHRASE|CREDENTIALS?|APIKEYS?|AUTHORIZATION)$/
const WEAK = /^(TOKEN|KEY|KEYS|AUTH|PASS|PWD|BEARER|COOKIE)$/
/** What says where a secret lies is none. */
const PLACE = /^(FILE|PATH|DIR|FOLDER|SOCK)$/
/** Values that a token or a key of a tokenizer or a table may have, and no secret has. */
const HARMLESS = /^(?:(?:int|float|bool):)?(?:[-+]?[\d.]{1,12}|true|false|yes|no|on|off|none|null|undefined|auto)$/i

/**
 * Whether a variable, flag or field of this name holds a secret: HF_TOKEN, --api-key, dbPassword; not max_tokens,
 * HF_TOKEN_PATH, eos_token_id.
 */
export function isSecretName(name: string): boolean {
  const words = name
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .toUpperCase()
    .split(/[^A-Z\d]+/)
    .map(word => word.replace(/\d+$/, ''))
    .filter(Boolean)
  const last = words.at(-1)
  if (last === undefined || PLACE.test(last)) return false
  if (words.some(word => STRONG.test(word))) return true
  // a variable of the environment may have an ending of its own, such as OPENAI_KEY_PROD
  return /^[A-Z\d_]+$/.test(name)
    ? words.some(word => WEAK.test(word)) && !words.includes('OLDPWD') && name !== 'PWD'
    : WEAK.test(last)
}

/**
 * Forms that are secrets wherever they stand: keys of well-known services, headers, user and password of a
 * URL. Each is linear.
 */
const FORMS: [RegExp, string][] = [
  [/-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^-]{0,20000}(?:-----END [A-Z ]{0,40}PRIVATE KEY-----)?/g, HIDDEN],
  [/(?<![A-Za-z\d])(?:hf|api_org)_[A-Za-z\d]{10,}/g, HIDDEN],
  [/(?<![A-Za-z\d])(?:sk|rk|pk)-[\w-]{16,}/g, HIDDEN],
  [
    /(?<![A-Za-z\d])gh[pousr]_[A-Za-z\d]{16,}|(?<![A-Za-z\d])github_pat_\w{16,}|(?<![A-Za-z\d])glpat-[\w-]{16,}/g,
    HIDDEN,
  ],
  [/(?<![A-Za-z\d])(?:AKIA|ASIA)[A-Z\d]{12,}/g, HIDDEN],
  [/(?<![A-Za-z\d])(?:nvapi-|xox[abprs]-|AIza)[\w-]{16,}/g, HIDDEN],
  [/(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?/g, HIDDEN],
  [/(authorization["']?[ \t]{0,2}[:=][ \t]{0,2}["']?)(?:\w{1,20}[ \t]{1,2})?[^\s"',;]+/gi, `$1${HIDDEN}`],
  [/(?<![A-Za-z\d])(bearer)[ \t]{1,2}[\w+/.~-]{8,}=*/gi, `$1 ${HIDDEN}`],
  [/:\/\/[^\s/"'<>]{1,200}@/g, `://${HIDDEN}@`],
]

/** Whether a value is a secret by its form alone. */
export const isSecretValue = (value: string): boolean => FORMS.some(([form]) => value.search(form) >= 0)

const holdsSecret = (name: string, value: string) =>
  value !== '' && (isSecretValue(value) || (isSecretName(name) && !HARMLESS.test(value)))

/** The variables whose values are words of a command line. */
const COMMAND_LINES = ['ENGINE_COMMAND', 'ENGINE_ARGS', 'PODMAN_ARGS']

/**
 * Values to look for: those of variables that look like secrets, and those that stand in the command lines among them.
 * The longest first.
 */
export function secretsOf(environment: Record<string, string | undefined>): string[] {
  const named = Object.entries(environment).flatMap(([name, value = '']) =>
    holdsSecret(name, value) && !COMMAND_LINES.includes(name) ? value.split('\n') : [],
  )
  const inWords = COMMAND_LINES.flatMap(name =>
    secretWords(splitWords(environment[name] ?? '') ?? []).map(({ value }) => value),
  )
  const found = new Set(
    [...named, ...inWords]
      .map(value => value.trim())
      .filter(value => value.length >= SHORTEST && !HARMLESS.test(value)),
  )
  return [...found].sort((a, b) => b.length - a.length)
}

/** A word that holds a secret: `flag` is the word that names it. */
interface SecretWord {
  index: number
  flag: string
  value: string
}

/** Words such as `--api-key X`, `--api-key=X`, `--env HF_TOKEN=X`, `hf_...`. */
export function secretWords(words: readonly string[]): SecretWord[] {
  return words.flatMap((word, index): SecretWord[] => {
    const [, name = '', value = ''] = /^([^=]*)=(.*)$/s.exec(word) ?? []
    if (holdsSecret(name, value)) return [{ index, flag: name, value }]
    const before = words[index - 1] ?? ''
    const named = /^--?[A-Za-z]/.test(before) && !before.includes('=') && !word.startsWith('-') && isSecretName(before)
    return isSecretValue(word) || (named && !HARMLESS.test(word))
      ? [{ index, flag: before.startsWith('-') ? before : '', value: word }]
      : []
  })
}

/** The words, with *** where a secret stands. */
export function redactTheseWords(words: readonly string[], secrets: readonly string[] = []): string[] {
  const found = new Map(secretWords(words).map(({ index, value }) => [index, value]))
  return words.map((word, index) =>
    redactText(found.has(index) ? word.replace(found.get(index)!, () => HIDDEN) : word, secrets),
  )
}

/**
 * A name that a value follows: NAME=, "name": , name: , --name . A name is looked at from its first letter only, so
 * that time grows with length.
 */
const NAMED = /(?<![\w.-])(-{0,2}[A-Za-z][\w.-]{0,80})(["']?[ \t]{0,2}[=:][ \t]{0,2}|[ \t]{1,2})(?=[^\s=:])/g
const VALUE = /\[?(?:"[^"\n]*"|'[^'\n]*'|[^\s"',;&)\]}]+)/y

/** The text without what looks like a secret and without the `secrets` that are known. */
export function redactText(text: string, secrets: readonly string[] = []): string {
  let result = text
  for (const secret of secrets) for (const form of formsOf(secret)) result = result.replaceAll(form, HIDDEN)
  for (const [form, instead] of FORMS) result = result.replace(form, instead)
  return redactNamed(result)
}

/** A value as text may carry it: as it is, in JSON, in a URL. */
function formsOf(secret: string): string[] {
  const escaped = JSON.stringify(secret).slice(1, -1)
  return [...new Set([secret, escaped, encodeURIComponent(secret.toWellFormed())])]
}

function redactNamed(text: string): string {
  const parts: string[] = []
  let at = 0
  NAMED.lastIndex = 0
  for (let named = NAMED.exec(text); named; named = NAMED.exec(text)) {
    const [, name = '', between = ''] = named
    // after a space only a flag has a value
    if (!isSecretName(name) || (!/[=:]/.test(between) && !name.startsWith('-'))) continue
    VALUE.lastIndex = NAMED.lastIndex
    const value = VALUE.exec(text)?.[0]
    if (
      value === undefined ||
      HARMLESS.test(value.replace(/^\[?["']?|["']$/g, '')) ||
      (!/[=:]/.test(between) && value.startsWith('-'))
    )
      continue
    const [, open = '', close = ''] = /^(\[?["']?).*?(["']?)$/s.exec(value) ?? []
    parts.push(text.slice(at, NAMED.lastIndex), open, HIDDEN, close)
    at = NAMED.lastIndex += value.length
  }
  return at === 0 ? text : parts.join('') + text.slice(at)
}

/**
 * Takes secrets off the argument list of `podman run`: `--env NAME=value` becomes `--env NAME`, and podman finds the
 * value in its own environment, which only its owner can read; an argument list everybody can.
 */
export function withoutSecrets(words: readonly string[]): { args: string[]; env: Record<string, string> } {
  const env: Record<string, string> = {}
  const args = words.map((word, index) => {
    const ofFlag = /^(--env=|-e=?)([^=]+)=(.*)$/s.exec(word)
    const [, flag = '', name = '', value = ''] =
      ofFlag ?? (/^(--env|-e)$/.test(words[index - 1] ?? '') ? /^()([^=]+)=(.*)$/s.exec(word) : undefined) ?? []
    if (name === '' || !holdsSecret(name, value)) return word
    env[name] = value
    return `${flag}${name}`
  })
  return { args, env }
}
