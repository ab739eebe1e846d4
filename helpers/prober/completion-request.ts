import type { Socket } from 'node:net'
import { Client, errors } from 'undici'
import { now } from '../core/clock.ts'
import { type Completion, CompletionStream, excerpt, NoTokens } from './completion-stream.ts'
import { HOST } from './loopback.ts'

/** Where a server answers and what it is asked. */
export interface Endpoint {
  port: number
  /** The name that the server knows the model by. */
  model: string
  prompt: string
  maxTokens: number
  /** Whether the model may end its answer before, even before its first word; a measured one is always as long. */
  mayEnd?: boolean
  /** The answer is drawn at random, by no seed; else it is always the same. */
  random?: boolean
  /** Asked as a user's message, in the model's chat template. */
  chat?: boolean
}

/** What a server said to one request, all times in seconds on the monotonic clock. */
export interface TimedCompletion extends Completion {
  /** The request was sent. */
  sent: number
  /** The bytes of the first token were read from the socket; NaN where the model ended its answer before. */
  firstToken: number
  finished: number
}

export const pathOf = ({ chat }: Pick<Endpoint, 'chat'>) => (chat ? '/v1/chat/completions' : '/v1/completions')

/** Seconds, none of them measured: for the server to close the connection itself, */
const LINGER = 0.05
/** for the body of an answer that is none: its status says enough, */
const BODY_DEADLINE = 1
/** and for [DONE] after the last token. */
const DONE_DEADLINE = 2

/** What is sent to {@link pathOf}. */
export const body = ({ model, prompt, maxTokens, mayEnd = false, random, chat }: Endpoint) =>
  JSON.stringify({
    model,
    ...(chat ? { messages: [{ role: 'user', content: prompt }] } : { prompt }),
    max_tokens: maxTokens,
    ...(random ? { temperature: 1 } : { temperature: 0, seed: 0 }),
    ignore_eos: !mayEnd,
    stream: true,
    stream_options: { include_usage: true },
  })

/**
 * Asks over this connection and notes the time of everything that comes back in the very callback that reads it. The
 * answer is over when it says so, whether the connection is closed then or not. It may take as long as the signal lets
 * it: asked anew, a server that compiles its code for the first token would only have two requests to answer.
 * @throws NoTokens where the server answers something else, or its connection breaks
 */
export function ask(endpoint: Endpoint, socket: Socket, signal: AbortSignal): Promise<TimedCompletion> {
  const client = new Client(`http://${HOST}:${endpoint.port}`, {
    connect: (_options, callback) => queueMicrotask(() => callback(null, socket)),
    headersTimeout: 0,
    bodyTimeout: 0,
  })
  return new Promise<TimedCompletion>((resolve, reject) => {
    const stream = new CompletionStream({ mayBeEmpty: endpoint.mayEnd })
    const decoder = new TextDecoder()
    let status = 0
    let refusal = ''
    let firstToken = Number.NaN
    let arrived = Number.NaN
    let timer: NodeJS.Timeout | undefined
    const settle = (broken?: NoTokens) => {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
      try {
        if (broken) throw broken
        const said = `the server answered ${status}: ${excerpt(refusal)}`
        if (status !== 200) throw new NoTokens(said, { status, definite: true })
        resolve({ ...stream.completion(), sent, firstToken, finished: arrived })
      } catch (error) {
        reject(error as Error)
      }
    }
    const settleIn = (seconds: number) => {
      clearTimeout(timer)
      timer = setTimeout(settle, seconds * 1000)
    }
    const abort = () => void client.destroy(signal.reason as Error)
    signal.addEventListener('abort', abort, { once: true })
    const sent = now()
    const headers = { 'content-type': 'application/json' }
    client.dispatch(
      { path: pathOf(endpoint), method: 'POST', headers, body: body(endpoint), reset: true },
      {
        onRequestStart() {},
        onResponseStart(_controller, statusCode) {
          status = statusCode
          if (status !== 200) settleIn(BODY_DEADLINE)
        },
        onResponseData(_controller, chunk) {
          const at = now()
          if (stream.over) return
          arrived = at
          const text = decoder.decode(chunk, { stream: true })
          if (status !== 200) return void (refusal += text)
          stream.push(text)
          if (stream.tokens > 0 && Number.isNaN(firstToken)) firstToken = at
          if (stream.over) settleIn(LINGER)
          else if (stream.finishReason) settleIn(DONE_DEADLINE)
        },
        onResponseEnd() {
          settle()
        },
        onResponseError(_controller, error) {
          if (stream.over || (status !== 0 && status !== 200)) return settle()
          // what is no HTTP at all is an answer too
          const garbled = status === 0 && error instanceof errors.HTTPParserError
          const what = garbled
            ? 'the server sent something that is not HTTP'
            : status === 0
              ? 'the request was accepted and not answered'
              : stream.unfinished
          const why = signal.aborted ? '' : `: ${error.message}`
          settle(new NoTokens(what + why, { definite: garbled || status !== 0 }))
        },
      },
    )
    if (signal.aborted) abort()
  }).finally(() => void client.destroy())
}
