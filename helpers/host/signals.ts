import { constants } from 'node:os'

/** Signals that ask a process to end and leave it the time to do so. */
export const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Exit code of a process that a signal ended, as a shell says it. */
export const exitCodeOf = (signal: NodeJS.Signals): number => 128 + constants.signals[signal]

/**
 * Ends this process at the first such signal, with 128 and its number: what is registered for `exit` cleans up,
 * synchronously.
 * The handlers stay, so that a second Ctrl-C does not end the cleaning up.
 */
export function endOnSignal(say: () => void = () => {}): void {
  for (const signal of ENDING) {
    process.on(signal, () => {
      say()
      process.exit(exitCodeOf(signal))
    })
  }
}
