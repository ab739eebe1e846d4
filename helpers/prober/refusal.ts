import { type Endpoint, pathOf } from './completion-request.ts'
import { status as statusOf } from './health.ts'
import { HOST } from './loopback.ts'

/** Statuses below 500 that time alone mends: time-out, conflict, too early, too many requests. */
const PASSING = [408, 409, 425, 429]

/** Seconds of one refusal that are waited for: a server that is up, and one that may still mount its routes. */
const PATIENCE = { up: 3, starting: 30 }

/** Seconds for the question whether a server is up. */
const UP_DEADLINE = 0.5

/** Is the question wrong, and not the server unready? A redirection, most of 4xx, "not implemented". */
const isRefusal = (status: number | undefined): status is number =>
  status !== undefined && ((status >= 300 && status < 500 && !PASSING.includes(status)) || status === 501)

/** The same refusal, again and again. */
export class Refusal {
  #standing: { status: number; since: number } | undefined

  /** The status of the last answer, where that was a refusal. */
  get status(): number | undefined {
    return this.#standing?.status
  }

  /** How an attempt ended that began `at`, in seconds on the monotonic clock. */
  note(status: number | undefined, at: number): void {
    if (status === this.#standing?.status) return
    this.#standing = isRefusal(status) ? { status, since: at } : undefined
  }

  /**
   * Will it stay, however long one waits?
   * @param up asked only where the answer decides
   */
  async stays(at: number, up: () => Promise<boolean>): Promise<boolean> {
    if (!this.#standing) return false
    const lasted = at - this.#standing.since
    return lasted >= PATIENCE.starting || (lasted >= PATIENCE.up && (await up()))
  }
}

/** Is the server on that port up, whatever it says to a completion? */
export async function isUp(port: number): Promise<boolean> {
  const ask = (path: string) => statusOf(port, path, { timeout: UP_DEADLINE })
  return (await Promise.all([ask('/health'), ask('/v1/models')])).includes(200)
}

const NO_KEY =
  'The suite sends no key: start the engine without one ' +
  '(--api-key in ENGINE_ARGS or ENGINE_COMMAND, VLLM_API_KEY in PODMAN_ARGS).'

/** What is said of a server that refuses. Pure. */
export function describeRefusal(status: number, endpoint: Endpoint, said: string, attempts: number): string {
  const { port, model } = endpoint
  const path = pathOf(endpoint)
  const asked = `${attempts} attempts; the last one: ${said}`
  const question =
    `Does the server know the model by the name in MODEL_ID, ${JSON.stringify(model)}? ` +
    `Does ENGINE_COMMAND start an OpenAI-compatible API that streams at ${path}?`
  return (
    `no token from ${HOST}:${port}: it refuses POST ${path}, and waiting does not help (${asked})\n` +
    (status === 401 || status === 403 ? NO_KEY : question)
  )
}
