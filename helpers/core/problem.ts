import { redact } from './redact.ts'

/** Exit codes of every command of the suite (`npx vitest bench` among them). */
export const EXIT = { ok: 0, missed: 1, unusable: 2, nothingMeasured: 3, slower: 4 } as const

/**
 * An error for the user: what happened, where, and what to do next. Anything else that is thrown is a defect of the
 * suite.
 * Its text goes to terminals, reports and CI logs, so what looks like a secret is taken out of it.
 * @property exitCode what the process ends with when nobody handles it; 2 (configuration or host unusable)
 *   unless said otherwise
 */
export class Problem extends Error {
  override name = 'Problem'
  readonly exitCode: number
  constructor(message: string, options: { exitCode?: number; cause?: unknown } = {}) {
    super(redact(message), { cause: options.cause })
    this.exitCode = options.exitCode ?? EXIT.unusable
  }
}

/** Prints a problem as its message alone, a defect with its stack, and says what the process should end with. */
export function reportProblem(error: unknown, print: (line: string) => void = console.error): number {
  if (error instanceof Problem) {
    print(`criu-gpu-bench: ${error.message}`)
    return error.exitCode
  }
  print(redact(error instanceof Error ? (error.stack ?? error.message) : String(error)))
  return EXIT.missed
}
