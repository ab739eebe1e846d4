import { now, pause } from '../core/clock.ts'
import { Problem } from '../core/problem.ts'
import { ask, type Endpoint, type TimedCompletion } from './completion-request.ts'
import { NoTokens } from './completion-stream.ts'
import { connected, HOST } from './loopback.ts'
import { COARSE, nextInterval } from './pace.ts'
import { describeRefusal, isUp, Refusal } from './refusal.ts'

export type { Endpoint } from './completion-request.ts'
export { healthy, status } from './health.ts'

/** What a server said, all times in seconds on the monotonic clock. */
export interface Answer extends TimedCompletion {
  attempts: number
}

/** No token within the time. */
export class NoAnswer extends Problem {
  override name = 'NoAnswer'
}

/**
 * @property timeout seconds
 * @property up the server has answered before: what it refuses now it will always refuse
 */
export interface Patience {
  timeout: number
  up?: boolean
  signal?: AbortSignal
}

/** Seconds without an answer that say more about a server than its answers before. */
const TELLING = 1

/**
 * Asks until the first token comes: a fresh connection for every attempt, each with a short deadline, so that a SYN
 * dropped while CRIU holds the network costs no second (the kernel would repeat it after 1 s). The real streaming
 * request is sent, /health is not waited for. A request that was taken is not asked anew while its connection stands.
 * @param timeout seconds until giving up, also on a server that takes the request and then says nothing
 * @throws NoAnswer after the timeout, naming the last answer, or as soon as the server's refusal is sure to stay;
 * the signal's reason when aborted
 */
export async function firstAnswer(endpoint: Endpoint, { timeout, up = false, signal }: Patience): Promise<Answer> {
  const late = AbortSignal.timeout(timeout * 1000)
  const stop = signal ? AbortSignal.any([signal, late]) : late
  const refusal = new Refusal()
  let attempts = 0
  let last = 'nothing listened'
  let answered = false
  let interval = 0
  /** When the attempt before began, where a server took it. */
  let before: number | undefined
  while (!late.aborted) {
    signal?.throwIfAborted()
    attempts++
    const began = now()
    const socket = await connected(endpoint.port)
    let ending: NoTokens | undefined
    if (typeof socket === 'string') last = socket
    else {
      try {
        return withGap({ ...(await ask(endpoint, socket, stop)), attempts }, before)
      } catch (error) {
        if (signal?.aborted) throw signal.reason
        if (error instanceof NoTokens) ending = error
        // a request that the time-out cut off tells less than an answer before it
        if (!late.aborted || !answered || now() - began > TELLING) last = (error as Error).message
        answered = true
      }
    }
    // where nobody listens the next attempt is never far
    before = ending && began
    if (!late.aborted) refusal.note(ending?.status, began)
    if (up && refusal.status !== undefined) break
    if (await refusal.stays(now(), () => isUp(endpoint.port))) break
    interval = nextInterval(interval, ending)
    await pause(Math.max(0, interval - (now() - began)), stop)
  }
  const { status } = refusal
  if (status !== undefined) throw new NoAnswer(describeRefusal(status, endpoint, last, attempts))
  const asked = `${attempts} attempts; the last one: ${last}`
  throw new NoAnswer(`no token from ${HOST}:${endpoint.port} within ${timeout} s (${asked})
Look at what the engine printed; raise HEALTH_CHECK_TIMEOUT if it only needs longer.`)
}

/** The answer, which says so itself where the request before it lies too far back to know the moment well. */
function withGap(answer: Answer, before: number | undefined): Answer {
  const gap = before === undefined ? 0 : answer.sent - before
  if (gap <= COARSE) return answer
  const note = `sent ${gap.toFixed(3)} s after the previous request: its first token may be that much too late`
  return { ...answer, notes: [...(answer.notes ?? []), note] }
}
