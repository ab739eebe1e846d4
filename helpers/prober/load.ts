import { Pool } from 'undici'
import { now } from '../core/clock.ts'
import type { LoadOptions } from '../core/load-options.ts'
import { body, type Endpoint, pathOf } from './completion-request.ts'
import { CompletionStream, excerpt, NoTokens } from './completion-stream.ts'
import type { LoadRecord, Streamed } from './load-figures.ts'
import { loadPrompt } from './load-prompts.ts'
import { HOST } from './loopback.ts'

export interface LoadPatience {
  /** Seconds for the answers that are under way when the last request was sent. */
  timeout: number
  signal: AbortSignal
}

/**
 * A closed loop: so many streams, each of which sends its next request when its last answer has ended, for so many
 * seconds. What is under way then is waited for: a server that stays must not be left with requests.
 * @returns what came, also where a request failed: the others end then, and `error` says why
 * @throws the signal's reason
 */
export async function closedLoop(
  endpoint: Endpoint,
  { concurrency, seconds, prompt, output }: LoadOptions,
  { timeout, signal }: LoadPatience,
): Promise<LoadRecord> {
  // a pool of our own: the global one asks a proxy where the environment says so
  const pool = new Pool(`http://${HOST}:${endpoint.port}`, {
    connections: concurrency,
    headersTimeout: 0,
    bodyTimeout: 0,
  })
  const late = AbortSignal.timeout((seconds + timeout) * 1000)
  const failed = new AbortController()
  const stop = AbortSignal.any([signal, late, failed.signal])
  const record: LoadRecord = { began: now(), seconds, streams: [] }
  const end = record.began + seconds
  let asked = 0
  const stream = async () => {
    while (now() < end && !stop.aborted) {
      const one: Streamed = { sent: now(), reads: [] }
      record.streams.push(one)
      await send(pool, { ...endpoint, prompt: loadPrompt(asked++, prompt), maxTokens: output, chat: false }, one, stop)
    }
  }
  const attempt = () =>
    stream().catch((error: Error) => {
      record.error ??= late.aborted ? `an answer did not end within ${timeout} s` : error.message
      failed.abort(error)
    })
  try {
    await Promise.all(Array.from({ length: concurrency }, attempt))
    signal.throwIfAborted()
    return record
  } finally {
    await pool.destroy()
  }
}

/** One request; when each of its tokens came is noted in `one`. @throws where it has no whole answer */
async function send(pool: Pool, endpoint: Endpoint, one: Streamed, signal: AbortSignal): Promise<void> {
  const response = await pool.request({
    path: pathOf(endpoint),
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: body(endpoint),
    // some servers hold a thread for each connection that is kept
    reset: true,
    signal,
  })
  const { statusCode: status } = response
  if (status !== 200)
    throw new NoTokens(`the server answered ${status}: ${excerpt(await response.body.text())}`, {
      status,
      definite: true,
    })
  const stream = new CompletionStream()
  const decoder = new TextDecoder()
  for await (const chunk of response.body) {
    const before = stream.tokens
    const at = now()
    stream.push(decoder.decode(chunk as Buffer, { stream: true }))
    if (stream.tokens > before) one.reads.push({ at, tokens: stream.tokens - before })
  }
  const { promptTokens, completionTokens } = stream.completion()
  Object.assign(one, { promptTokens, completionTokens })
}
