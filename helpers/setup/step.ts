import type { Configuration } from '../config/configuration.ts'
import { Problem } from '../core/problem.ts'

/** Seconds of silence after which a step says that it goes on: some fetch gigabytes. */
const SILENCE = 20

/** What a probe saw. Only `ok` lets a run start. */
export interface Found {
  state: 'ok' | 'missing' | 'too-old' | 'unusable' | /** Only root can look. */ 'unseen'
  /** What is there, with its version or size. */
  found: string
  /** What the user can do; with `ok`, what could be better. */
  remedy?: string
}

/** Says one line about what is being done. */
export type Say = (line: string) => void

/** One thing that a run needs. */
export interface Step {
  name: string
  /** Looks without changing anything of the host; well under a second once it is `ok`. */
  probe(c: Configuration): Promise<Found>
  /** Makes it; called under the set-up's lock. Broken off anywhere, it can be called again. */
  make(c: Configuration, say: Say): Promise<void>
}

export const ok = (found: string, remedy?: string): Found => ({ state: 'ok', found, remedy })
export const missing = (found: string, remedy = 'npm run setup'): Found => ({ state: 'missing', found, remedy })
export const unusable = (found: string, remedy: string): Found => ({ state: 'unusable', found, remedy })

/** What a probe without root says: what it was not allowed to look at it has not seen. */
export const withoutRoot = (found: Found): Found =>
  found.state === 'unusable' && /\b(EACCES|EPERM|permission denied)\b/i.test(found.found)
    ? { state: 'unseen', found: `only root can look: ${found.found}` }
    : found

/** A step that cannot be looked at before another one is `ok`: what that one lacks is said once, by itself. */
export const after = (first: Step, step: Step): Step => ({
  ...step,
  async probe(c) {
    const before = await first.probe(c)
    return before.state === 'ok' ? step.probe(c) : missing(`not looked for before ${first.name} are ok`)
  },
})

/** All probes at once, in the order of the steps; a probe that throws is `unusable`. */
export async function probeAll(steps: Step[], c: Configuration): Promise<Found[]> {
  return Promise.all(steps.map(step => step.probe(c).catch((error: Error) => unusable(error.message, 'npm run setup'))))
}

/**
 * Makes what is not `ok`, in order, and looks at it again afterwards. What is `unusable` only the host's owner can
 * mend.
 * @returns the names of the steps that had to be made
 * @throws Problem when a step is unusable, or not `ok` after it was made
 */
export async function makeMissing(steps: Step[], c: Configuration, say: Say): Promise<string[]> {
  const made: string[] = []
  for (const step of steps) {
    // Probed again one by one: an earlier step may have brought what this one lacked.
    const [before] = await probeAll([step], c)
    if (before!.state === 'ok') continue
    if (before!.state === 'unusable')
      throw new Problem(`set-up: ${step.name} unusable: ${before!.found}\n${before!.remedy ?? ''}`.trimEnd())
    say(`${step.name}: ${before!.found}`)
    await makeAloud(step, c, say)
    const [after] = await probeAll([step], c)
    if (after!.state !== 'ok')
      throw new Problem(
        `set-up: ${step.name} is still ${after!.state} after set-up: ${after!.found}\n${after!.remedy ?? ''}`.trimEnd(),
      )
    say(`${step.name}: ${after!.found}${after!.remedy ? ` (${after!.remedy})` : ''}`)
    made.push(step.name)
  }
  return made
}

async function makeAloud({ name, make }: Step, c: Configuration, say: Say): Promise<void> {
  let doing = 'being made'
  let silent = 0
  const timer = setInterval(() => say(`${name}: ${doing} · ${(silent += SILENCE)} s`), SILENCE * 1000)
  try {
    await make(c, line => {
      ;[doing, silent] = [line, 0]
      timer.refresh()
      say(`${name}: ${line}`)
    })
  } catch (error) {
    // what the system refuses is the host's fault, not a defect of the suite
    if (!(error instanceof Error && 'syscall' in error)) throw error
    throw new Problem(
      `set-up: ${name}: ${error.message}\nCheck that path, or name another; then run npm run setup again.`,
      { cause: error },
    )
  } finally {
    clearInterval(timer)
  }
}
