import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseEnv } from 'node:util'

type Variables = Record<string, string | undefined>

/** The file holds no text that can be read. Its message ends a sentence: what was found, and what to do. */
export class EnvFileError extends Error {
  override name = 'EnvFileError'
}

let own: Variables | undefined

/** {@link envFile} of the working folder, read once in a process: secrets are looked for in what was used. */
export const ownEnvFile = (): Variables => (own ??= envFile('.env'))

/**
 * The variables of a file; none where there is no such file.
 * Throws the system's error where it cannot be read, an EnvFileError where it is no UTF-8.
 */
export function envFile(path: string): Variables {
  return existsSync(path) ? parseEnv(decode(readFileSync(path), resolve(path))) : {}
}

const MARKS: [encoding: string, mark: number[]][] = [
  ['UTF-32LE', [0xff, 0xfe, 0, 0]],
  ['UTF-32BE', [0, 0, 0xfe, 0xff]],
  ['UTF-16LE', [0xff, 0xfe]],
  ['UTF-16BE', [0xfe, 0xff]],
]

/** A byte order mark of UTF-8 is left out. */
function decode(bytes: Buffer, path: string): string {
  const [encoding] = MARKS.find(([, mark]) => mark.every((byte, i) => bytes[i] === byte)) ?? []
  if (encoding)
    throw new EnvFileError(
      `${path} is ${encoding}, as its first bytes say; UTF-8 is needed\n${convert(path, encoding)}`,
    )
  const nul = bytes.indexOf(0)
  if (nul >= 0) {
    const remedy = convert(path, nul % 2 ? 'UTF-16LE' : 'UTF-16BE')
    throw new EnvFileError(
      `${path} has a NUL byte in line ${lineOf(bytes, nul)}, as UTF-16 has; UTF-8 is needed\n${remedy}`,
    )
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new EnvFileError(
      `${path} is no UTF-8 in line ${lineOf(bytes, firstInvalid(bytes))}\n${convert(path, 'ISO-8859-1')}`,
    )
  }
}

const convert = (path: string, encoding: string) =>
  `Save it as UTF-8 in an editor, or: iconv -f ${encoding} -t UTF-8 ${path} > ${path}.new && mv ${path}.new ${path}`

const lineOf = (bytes: Buffer, at: number): number => bytes.subarray(0, at).toString('latin1').split('\n').length

/** Where text and bytes part: what cannot be decoded becomes U+FFFD. */
function firstInvalid(bytes: Buffer): number {
  const again = Buffer.from(bytes.toString('utf8'))
  const at = again.findIndex((byte, i) => byte !== bytes[i])
  return at < 0 ? again.length : at
}
