import { Problem } from './problem.ts'

/** Whether a command is asked what it does: then that is all that it says. */
export const asksForHelp = (argv: string[]): boolean => argv.some(word => word === '--help' || word === '-h')

/**
 * For a command without arguments: prints its usage where that is asked for.
 * @returns whether it was: then nothing else is done
 * @throws Problem where anything else is given
 */
export function onlyHelp(usage: string, argv = process.argv.slice(2)): boolean {
  if (asksForHelp(argv)) {
    console.log(usage)
    return true
  }
  if (argv.length > 0) throw new Problem(`no arguments are taken, received: ${argv.join(' ')}\n${usage}`)
  return false
}
