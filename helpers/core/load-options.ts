import { z } from 'zod'

/** The load that LOAD asks for, right after a trial's first token. */

const whole = (min: number, max: number) => z.int(`a whole number from ${min} to ${max}`).min(min).max(max)

export const loadOptionsSchema = z.strictObject({
  /** Requests at a time: each stream sends its next one when its last answer has ended. */
  concurrency: whole(1, 1024).default(8),
  /** How long the streams send requests; the first half may be the way to a steady throughput. */
  seconds: whole(4, 3600).default(10),
  /** Words of each prompt, about as many tokens; no two prompts are the same. */
  prompt: whole(1, 100_000).default(128),
  /** Tokens of each answer. */
  output: whole(2, 100_000).default(64),
  /** Tokens of each long answer that is held against a fresh server's; 0 asks for none. */
  answers: whole(0, 512).default(512),
  /** Percent by which the throughput may be below the baseline's. */
  tolerance: z.number('a number from 0.1 to 50').min(0.1).max(50).default(5),
})
export type LoadOptions = z.infer<typeof loadOptionsSchema>

const NAMES = Object.keys(loadOptionsSchema.shape)
const FORM = `one or several of ${NAMES.map(name => `${name}=N`).join(', ')}, separated by spaces`

/**
 * The options that a text such as `concurrency=8 seconds=10` names, defaults for the others.
 * @param maxModelLen tokens that a prompt and its answer have room for
 * @returns what is wrong with it, as a text, where it is no such text
 */
export function parseLoad(text: string, maxModelLen: number): LoadOptions | string {
  const pairs = text.trim().split(/\s+/)
  const named = pairs.map(pair => /^([a-z]+)=(\d+(?:\.\d+)?)$/.exec(pair))
  if (named.some(pair => !pair)) return FORM
  const names = named.map(pair => pair![1]!)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice) return `each option once, and ${twice} is there twice`
  const unknown = names.find(name => !NAMES.includes(name))
  if (unknown) return `${FORM}; ${unknown} is none of them`
  const result = loadOptionsSchema.safeParse(Object.fromEntries(named.map(pair => [pair![1], Number(pair![2])])))
  if (!result.success) {
    const { path, message } = result.error.issues[0]!
    return `${String(path[0])}: ${message}`
  }
  const { prompt, output } = result.data
  if (prompt + output > maxModelLen) return `prompt and output of together at most MAX_MODEL_LEN, ${maxModelLen} tokens`
  return result.data
}

/** As it could be written in LOAD; the tolerance judges and changes nothing that is measured. */
export const loadText = ({ tolerance: _, ...measured }: LoadOptions): string =>
  Object.entries(measured)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')
