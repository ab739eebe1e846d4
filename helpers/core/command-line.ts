import { type ParseArgsConfig, parseArgs } from 'node:util'
import { didYouMean } from './nearest.ts'
import { Problem, reportProblem } from './problem.ts'

/**
 * Runs a command of npm with the words that it is given: `--help` and `-h` print its usage, and nothing else is done;
 * an error is printed, and says what the process ends with.
 * @param main gives the exit code, or a promise of it; 0 where it gives none
 */
export async function runCommand(
  usage: string,
  main: (argv: string[]) => unknown,
  argv = process.argv.slice(2),
): Promise<void> {
  try {
    if (argv.some(word => word === '--help' || word === '-h')) return console.log(usage)
    const code = await main(argv)
    if (typeof code === 'number') process.exitCode = code
  } catch (error) {
    process.exitCode = reportProblem(error)
  }
}

/** For a command without arguments. @throws Problem where any is given */
export function refuseArguments(argv: string[], usage: string): void {
  if (argv.length > 0) throw new Problem(`no arguments are taken, received: ${argv.join(' ')}\n${usage}`)
}

/**
 * Reads a command line: what is wrong with it is followed by the usage.
 * @throws Problem
 */
export function withUsage<T>(usage: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw error instanceof Problem ? new Problem(`${error.message}\n${usage}`) : error
  }
}

/**
 * Node's `parseArgs`. An option that has one value is given once: which of two was meant, nobody knows.
 * @throws Problem
 */
export function parseWords<T extends ParseArgsConfig & { args: string[] }>(config: T): ReturnType<typeof parseArgs<T>> {
  const options = config.options ?? {}
  refuseTwice(config, options)
  try {
    return parseArgs(config)
  } catch (error) {
    if (!isParsingError(error)) throw error
    const [, unknown] = /^Unknown option '([^']+)'/.exec(error.message) ?? []
    if (unknown === undefined) throw new Problem(`${error.message}${hintOf(config.args)}`)
    const known = Object.keys(options).map(name => `--${name}`)
    throw new Problem(`Unknown option '${unknown}'${didYouMean(unknown, known)}`)
  }
}

/**
 * An object of an option's NAME=VALUE words.
 * @throws Problem where a name occurs twice
 */
export function onePerName<V>(option: string, pairs: [name: string, value: V][]): Record<string, V> {
  const twice = pairs.find(([name], index) => pairs.findIndex(([other]) => other === name) < index)
  if (!twice) return Object.fromEntries(pairs)
  throw new Problem(`${option}: received ${twice[0]} more than once, allowed is one value`)
}

function refuseTwice({ args }: { args: string[] }, options: NonNullable<ParseArgsConfig['options']>): void {
  const { tokens } = parseArgs({ args, options, strict: false, tokens: true })
  const given = tokens.flatMap(token =>
    token.kind === 'option' && options[token.name]?.type === 'string' && !options[token.name]?.multiple ? [token] : [],
  )
  const twice = given.find(({ name }, index) => given.findIndex(other => other.name === name) < index)
  if (!twice) return
  const values = given.filter(({ name }) => name === twice.name).map(({ value }) => JSON.stringify(value ?? ''))
  throw new Problem(
    `--${twice.name} is given ${values.length} times: received ${values.join(', ')}, allowed is one value`,
  )
}

/** `npm run clean -- -- --yes`: npm takes the first of the two away. */
function hintOf(args: string[]): string {
  const [, ...after] = args.slice(args.includes('--') ? args.indexOf('--') : args.length)
  return after.some(word => word.startsWith('-')) ? '; what follows "--" is no option: leave one "--" out' : ''
}

const isParsingError = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS_')
