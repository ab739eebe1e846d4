import { execa, type Options } from 'execa'
import { Problem } from './problem.ts'
import { endTree } from './processes.ts'

export interface CommandOptions {
  /** Seconds until the command is killed. */
  timeout?: number
  env?: Record<string, string>
  cwd?: string
  signal?: AbortSignal
  input?: string
  /** Descriptor of a file that takes what the command prints, for one whose children live on with it (a pipe would end with us). */
  output?: number
  /** What an error calls it, where the command line is too long to begin with; it stands further down then. */
  name?: string
  /** What to do when it fails; ends the error's text. */
  remedy?: string
}

export interface CommandResult { stdout: string, stderr: string }

/**
 * Runs a program with its arguments as an array; no shell ever sees them.
 * @throws Problem naming the command, how it ended and the last lines it printed
 */
export async function command(file: string, args: string[], options: CommandOptions = {}): Promise<CommandResult> {
  const result = await execa(file, args, execaOptions(options))
  if (result.failed) throw new Problem(describeFailure(file, args, result, options))
  return { stdout: text(result.stdout), stderr: text(result.stderr) }
}

/** True where the command ends with 0. Never throws. */
export async function succeeds(file: string, args: string[], options: CommandOptions = {}): Promise<boolean> {
  return !(await execa(file, args, execaOptions(options))).failed
}

/** Starts the command at once; the promise resolves or rejects like {@link command}. `kill` takes what it started along. */
export function start(file: string, args: string[], options: CommandOptions = {}) {
  const child = execa(file, args, execaOptions(options))
  const ended = child.then((result): CommandResult => {
    if (result.failed) throw new Problem(describeFailure(file, args, result, options))
    return { stdout: text(result.stdout), stderr: text(result.stderr) }
  })
  ended.catch(() => {})
  return { pid: child.pid, ended, kill: () => { if (child.pid) endTree(child.pid) } }
}

function execaOptions({ timeout = 600, env, cwd, signal, input, output }: CommandOptions): Options {
  return {
    reject: false, timeout: timeout * 1000, stripFinalNewline: true, cleanup: true, forceKillAfterDelay: 2000,
    ...(env && { env }), ...(cwd && { cwd }), ...(signal && { cancelSignal: signal }), ...(input === undefined ? { stdin: 'ignore' } : { input }),
    ...(output !== undefined && { stdout: [output], stderr: [output] }),
  } as Options
}

const text = (value: unknown) => typeof value === 'string' ? value : ''

interface Failure { exitCode?: number, signal?: string, timedOut: boolean, isCanceled: boolean, code?: string, stdout?: unknown, stderr?: unknown }

function describeFailure(file: string, args: string[], failure: Failure, { timeout = 600, name, remedy }: CommandOptions): string {
  const how = failure.code === 'ENOENT' ? `is not installed or not on PATH`
    : failure.timedOut ? `gave no answer within ${timeout} s and was killed`
    : failure.isCanceled ? 'was cancelled'
    : failure.signal ? `was ended by ${failure.signal}`
    : `failed with exit code ${failure.exitCode}`
  const printed = lastLines(`${text(failure.stdout)}\n${text(failure.stderr)}`)
  const line = quote([file, ...args])
  if (!name) return [`${line} ${how}`, printed && indent(printed), remedy].filter(Boolean).join('\n')
  // the first line is all that a table shows: it must hold the reason
  return [[`${name} ${how}`, lastLines(printed, 1)].filter(Boolean).join(': '), printed.includes('\n') && indent(printed), remedy, `The command: ${line}`].filter(Boolean).join('\n')
}

/** The last non-empty lines of a text. */
export function lastLines(value: string, count = 8): string {
  return value.split('\n').filter(line => line.trim()).slice(-count).join('\n')
}

/** Every line behind two spaces and a bar, so that foreign text is told from ours. */
export const indent = (value: string): string => value.split('\n').map(line => `  | ${line}`).join('\n')

/** A command line as one would type it, for messages only. */
export function quote(words: string[]): string {
  return words.map(word => /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll('\'', String.raw`'\''`)}'`).join(' ')
}
