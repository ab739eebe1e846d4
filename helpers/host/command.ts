import type { Options } from 'execa'
import { Problem } from '../core/problem.ts'
import { redactWords } from '../core/redact.ts'
import { type Ended, subprocess } from './subprocess.ts'

export interface CommandOptions {
  /** Seconds until the command is given up and killed, with all that it started. */
  timeout?: number
  /** Beside this process's own; undefined takes one away. */
  env?: Record<string, string | undefined>
  cwd?: string
  signal?: AbortSignal
  input?: string
  /**
   * Descriptor of a file that takes what the command prints, for one whose children live on with it (a pipe would end
   * with us).
   */
  output?: number
  /** What an error calls it, where the command line is too long to begin with; it stands further down then. */
  name?: string
  /** What to do when it fails; ends the error's text. */
  remedy?: string
}

export interface CommandResult {
  stdout: string
  stderr: string
}

/**
 * Runs a program with its arguments as an array; no shell ever sees them.
 * @throws Problem naming the command, how it ended and the last lines it printed
 */
export async function command(file: string, args: string[], options: CommandOptions = {}): Promise<CommandResult> {
  return start(file, args, options).ended
}

/** True where the command ends with 0. Never throws. */
export async function succeeds(file: string, args: string[], options: CommandOptions = {}): Promise<boolean> {
  return !(await spawn(file, args, options).ended).failed
}

/**
 * The exit code of a command that says yes or no by it. @throws Problem as {@link command} where it
 * is none of `answers`
 */
export async function exitCode(
  file: string,
  args: string[],
  answers: number[],
  options: CommandOptions = {},
): Promise<number> {
  const result = await spawn(file, args, options).ended
  if (result.timedOut || !answers.includes(result.exitCode ?? -1))
    throw new Problem(describeFailure(file, args, result, options))
  return result.exitCode!
}

/**
 * Starts the command at once; the promise resolves or rejects like {@link command}. `kill` takes what it started along;
 * `argv` is what was started, the program first.
 */
export function start(file: string, args: string[], options: CommandOptions = {}) {
  const { pid, ended: end, kill } = spawn(file, args, options)
  const ended = end.then((result): CommandResult => {
    if (result.failed) throw new Problem(describeFailure(file, args, result, options))
    return { stdout: result.stdout, stderr: result.stderr }
  })
  ended.catch(() => {})
  return { pid, ended, kill, argv: [file, ...args] }
}

function spawn(file: string, args: string[], { timeout = 600, env, cwd, signal, input, output }: CommandOptions) {
  return subprocess(file, args, { timeout, ...(signal && { signal }) }, {
    ...(env && { env }),
    ...(cwd && { cwd }),
    ...(input === undefined ? { stdin: 'ignore' } : { input }),
    ...(output !== undefined && { stdout: [output], stderr: [output] }),
  } as Options)
}

function describeFailure(
  file: string,
  args: string[],
  failure: Ended,
  { timeout = 600, name, remedy }: CommandOptions,
): string {
  const how =
    failure.code === 'ENOENT'
      ? `is not installed or not on PATH`
      : failure.keeper
        ? `ended, but ${failure.keeper} kept its output open ` +
          `${failure.timedOut ? `for ${timeout} s` : 'until it was cancelled'} and was killed`
        : failure.timedOut
          ? `gave no answer within ${timeout} s and was killed`
          : failure.isCanceled
            ? 'was cancelled'
            : failure.signal
              ? `was ended by ${failure.signal}`
              : `failed with exit code ${failure.exitCode}`
  const printed = lastLines(`${failure.stdout}\n${failure.stderr}`)
  const line = quote(redactWords([file, ...args]))
  if (!name) return [`${line} ${how}`, printed && indent(printed), remedy].filter(Boolean).join('\n')
  // the first line is all that a table shows: it must hold the reason
  return [
    [`${name} ${how}`, lastLines(printed, 1)].filter(Boolean).join(': '),
    printed.includes('\n') && indent(printed),
    remedy,
    `The command: ${line}`,
  ]
    .filter(Boolean)
    .join('\n')
}

/** The last non-empty lines of a text. */
export function lastLines(value: string, count = 8): string {
  return value
    .split('\n')
    .filter(line => line.trim())
    .slice(-count)
    .join('\n')
}

/** Every line behind two spaces and a bar, so that foreign text is told from ours. */
export const indent = (value: string): string =>
  value
    .split('\n')
    .map(line => `  | ${line}`)
    .join('\n')

/** A command line as one would type it, for messages only. */
export function quote(words: string[]): string {
  return words
    .map(word => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`))
    .join(' ')
}
