import { Problem } from '../../core/problem.ts'

/** The value of an option. @param what the option's name @throws Problem naming what was received */
export function wholeNumber(what: string, text: string | undefined, least: number): number {
  if (text === undefined || !/^\d{1,6}$/.test(text) || Number(text) < least)
    throw new Problem(`${what}: received ${text ?? 'nothing'}, allowed is a whole number from ${least} on`)
  return Number(text)
}
