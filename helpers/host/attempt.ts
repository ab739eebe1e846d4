import { redactWords } from '../core/redact.ts'
import { indent, lastLines, quote } from './command.ts'
import { subprocess } from './subprocess.ts'

/** How a command ended that may fail without an error: set-up looks at what it said and tries another way. */
export interface Outcome {
  /** Undefined when it could not be started, or a signal or the time limit ended it. */
  exitCode: number | undefined
  stdout: string
  /** stdout and stderr together, as they came. */
  all: string
  /** For an error: the command, how it ended, the last lines it printed. */
  account: string
}

/** Runs a program with its arguments as an array, in English, without input; never throws. @param timeout seconds */
export async function attempt(
  file: string,
  args: string[],
  { timeout = 60, env = {} }: { timeout?: number; env?: Record<string, string | undefined> } = {},
): Promise<Outcome> {
  const result = await subprocess(
    file,
    args,
    { timeout, grace: 5 },
    { stdin: 'ignore', all: true, env: { LC_ALL: 'C', ...env } },
  ).ended
  const how = result.keeper
    ? `ended, but ${result.keeper} kept its output open for ${timeout} s and was killed`
    : result.timedOut
      ? `did not end within ${timeout} s and was killed`
      : result.exitCode !== undefined
        ? `ended with exit code ${result.exitCode}`
        : result.signal
          ? `was ended by ${result.signal}`
          : result.code === 'ENOENT'
            ? 'is not installed or not on PATH'
            : `could not be started: ${result.originalMessage}`
  const all = printable(result.all)
  const account = [`${quote(redactWords([file, ...args]))} ${how}`, all && indent(lastLines(all))]
    .filter(Boolean)
    .join('\n')
  return { exitCode: result.timedOut ? undefined : result.exitCode, stdout: result.stdout, all, account }
}

/** Without colours and other control characters; what a progress bar overwrote becomes a line. */
function printable(text: string): string {
  return text
    .replace(/\x1b\[[\d;?]*[A-Za-z]/g, '')
    .replaceAll('\r', '\n')
    .replace(/[\x00-\x08\x0b-\x1f\x7f]/g, '')
}
