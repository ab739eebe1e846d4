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
 * @param read throws what Node's `parseArgs` throws, or a Problem of its own
 * @throws Problem
 */
export function withUsage<T>(usage: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof Problem) && !isParsingError(error)) throw error
    throw new Problem(`${error.message}\n${usage}`)
  }
}

const isParsingError = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS_')
