import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { createParser } from 'eventsource-parser'
import { Client, request } from 'undici'
import { now, pause } from './clock.ts'
import { Problem } from './problem.ts'

/** Where a server answers and what it is asked. */
export interface Endpoint {
  port: number
  /** The name that the server knows the model by. */
  model: string
  prompt: string
  maxTokens: number
  /** Whether the model may end its answer before; a measured one is always as long. */
  mayEnd?: boolean
}

/** What a server said, all times in seconds on the monotonic clock. */
export interface Answer {
  /** The answered request was sent. */
  sent: number
  /** The bytes of the first token were read from the socket. */
  firstToken: number
  finished: number
  text: string
  tokens: number
  /** Tokens of the prompt, and how many of them the server evaluated, where it says so: fewer where a cache held the rest. */
  promptTokens?: number
  evaluated?: number
  attempts: number
}

/** No token within the time. */
export class NoAnswer extends Problem { override name = 'NoAnswer' }

/** A server that answered, but not with tokens. */
export class NoTokens extends Error { override name = 'NoTokens' }

const HOST = '127.0.0.1'
/** Seconds between two attempts: an attempt is refused at once where nobody listens. */
const INTERVAL = 0.001
/** Seconds until a connection is given up: on loopback it takes microseconds, unless its SYN was dropped. */
const CONNECT_DEADLINE = 0.003
/** Seconds without an answer that say more about a server than its answers before. */
const TELLING = 1
/** Seconds until a request that was taken but not answered is given up and asked anew. */
const ANSWER_DEADLINE = 60

const body = ({ model, prompt, maxTokens, mayEnd = false }: Endpoint) => JSON.stringify({ model, prompt, max_tokens: maxTokens, temperature: 0, seed: 0, stream: true, stream_options: { include_usage: true }, ignore_eos: !mayEnd })

/**
 * Asks until the first token comes: a fresh connection for every attempt, each with a short deadline, so that a SYN dropped
 * while CRIU holds the network costs no second (the kernel would repeat it after 1 s). The real streaming request is sent,
 * /health is not waited for.
 * @param timeout seconds until giving up, also on a server that takes the request and then says nothing
 * @throws NoAnswer after the timeout, naming the last answer; the signal's reason when aborted
 */
export async function firstAnswer(endpoint: Endpoint, { timeout, signal }: { timeout: number, signal?: AbortSignal }): Promise<Answer> {
  const late = AbortSignal.timeout(timeout * 1000)
  const stop = signal ? AbortSignal.any([signal, late]) : late
  let attempts = 0
  let last = 'nothing listened'
  let answered = false
  while (!late.aborted) {
    signal?.throwIfAborted()
    attempts++
    const began = now()
    const socket = await connected(endpoint.port)
    if (typeof socket === 'string') last = socket
    else {
      try {
        return { ...await ask(endpoint, socket, stop), attempts }
      } catch (error) {
        if (signal?.aborted) throw signal.reason
        // a request that the time-out cut off tells less than an answer before it
        if (!late.aborted || !answered || now() - began > TELLING) last = (error as Error).message
        answered = true
      }
    }
    await pause(Math.max(0, INTERVAL - (now() - began)), stop)
  }
  throw new NoAnswer(`no token from ${HOST}:${endpoint.port} within ${timeout} s (${attempts} attempts; the last one: ${last})\nLook at what the engine printed; raise HEALTH_CHECK_TIMEOUT where it only needs longer.`)
}

/** The status of a GET or POST, or undefined where nobody answers. */
export async function status(port: number, path: string, { method = 'GET', timeout = 2, body }: { method?: 'GET' | 'POST', timeout?: number, /** JSON */ body?: string } = {}): Promise<number | undefined> {
  try {
    const response = await request(`http://${HOST}:${port}${path}`, { method, headersTimeout: timeout * 1000, bodyTimeout: timeout * 1000, reset: true, ...(body && { body, headers: { 'content-type': 'application/json' } }) })
    await response.body.dump()
    return response.statusCode
  } catch {
    return undefined
  }
}

/** Seconds on the monotonic clock at which /health first said 200; undefined where the signal came first. */
export async function healthy(port: number, signal: AbortSignal): Promise<number | undefined> {
  while (!signal.aborted) {
    if (await status(port, '/health') === 200) return now()
    await pause(0.025, signal)
  }
  return undefined
}

/** One throwaway request to a loopback stub: the first request of a process is some 12 ms slower than those after it. */
export async function warmProber(): Promise<void> {
  const events = 'data: {"choices":[{"text":"warm"}]}\n\ndata: [DONE]\n\n'
  const stub = createServer((_request, response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).end(events))
  await new Promise<void>(listening => stub.listen(0, HOST, listening))
  const { port } = stub.address() as AddressInfo
  await firstAnswer({ port, model: 'stub', prompt: '', maxTokens: 1 }, { timeout: 10 })
  await status(port, '/health')
  await new Promise(closed => stub.close(closed))
}

function connected(port: number): Promise<Socket | string> {
  return new Promise((resolve) => {
    const socket = connect({ host: HOST, port, noDelay: true })
    const settle = (result: Socket | string) => {
      clearTimeout(timer)
      if (typeof result === 'string') socket.destroy()
      resolve(result)
    }
    const timer = setTimeout(() => settle(socket.connecting ? 'the connection was not answered' : socket), CONNECT_DEADLINE * 1000)
    socket.once('connect', () => settle(socket))
    socket.on('error', error => settle((error as NodeJS.ErrnoException).code ?? error.message))
  })
}

async function ask(endpoint: Endpoint, socket: Socket, signal: AbortSignal): Promise<Omit<Answer, 'attempts'>> {
  const client = new Client(`http://${HOST}:${endpoint.port}`, {
    connect: (_options, callback) => queueMicrotask(() => callback(null, socket)), headersTimeout: ANSWER_DEADLINE * 1000, bodyTimeout: ANSWER_DEADLINE * 1000,
  })
  try {
    const sent = now()
    const exchange = await streamed(client, body(endpoint), signal)
    const { statusCode, chunks } = exchange
    if (statusCode !== 200) throw new NoTokens(`the server answered ${statusCode}: ${chunks.map(({ text }) => text).join('').slice(0, 200)}`)
    let text = ''
    let tokens = 0
    let done = false
    let garbage: string | undefined
    let evaluation: Evaluation = {}
    const parser = createParser({
      onEvent({ data }) {
        if (data === '[DONE]') return void (done = true)
        evaluation = { ...evaluation, ...evaluationOf(data) }
        const piece = tokenOf(data)
        if (piece === undefined) garbage ??= data
        else if (piece) {
          tokens++
          text += piece
        }
      },
    })
    let firstToken: number | undefined
    for (const chunk of chunks) {
      parser.feed(chunk.text)
      if (tokens > 0) firstToken ??= chunk.arrived
    }
    if (garbage) throw new NoTokens(`the server sent what is no completion: ${garbage.slice(0, 200)}`)
    if (firstToken === undefined) throw new NoTokens('the stream ended without a token')
    if (!done) throw new NoTokens('the stream stopped before its end')
    return { sent, firstToken, finished: exchange.finished, text, tokens, ...evaluation }
  } finally {
    void client.destroy()
  }
}

interface Streamed {
  statusCode: number
  /** What came, with the moment at which it was read from the socket. */
  chunks: { arrived: number, text: string }[]
  finished: number
}

/** Sends the request and notes the time of everything that comes back in the very callback that reads it; nothing is parsed meanwhile. */
function streamed(client: Client, body: string, signal: AbortSignal): Promise<Streamed> {
  return new Promise((resolve, reject) => {
    const chunks: Streamed['chunks'] = []
    const decoder = new TextDecoder()
    let statusCode = 0
    const abort = () => void client.destroy(signal.reason as Error)
    signal.addEventListener('abort', abort, { once: true })
    const settled = () => signal.removeEventListener('abort', abort)
    client.dispatch({ path: '/v1/completions', method: 'POST', headers: { 'content-type': 'application/json' }, body, reset: true }, {
      onRequestStart() {},
      onResponseStart(_controller, status) {
        statusCode = status
      },
      onResponseData(_controller, chunk) {
        chunks.push({ arrived: now(), text: decoder.decode(chunk, { stream: true }) })
      },
      onResponseEnd() {
        settled()
        resolve({ statusCode, chunks, finished: now() })
      },
      onResponseError(_controller, error) {
        settled()
        reject(new NoTokens(`${statusCode === 0 ? 'the request was taken and not answered' : 'the stream stopped before its end'}${signal.aborted ? '' : `: ${error.message}`}`))
      },
    })
    if (signal.aborted) abort()
  })
}

type Evaluation = Pick<Answer, 'promptTokens' | 'evaluated'>

/**
 * What an event says about the prompt: llama.cpp's `timings` (prompt_n evaluated, cache_n found in its cache), or OpenAI's
 * `usage`, whose cached tokens vLLM tells with --enable-prompt-tokens-details.
 */
function evaluationOf(data: string): Evaluation {
  try {
    const { timings, usage } = JSON.parse(data) as { timings?: { prompt_n?: number, cache_n?: number }, usage?: { prompt_tokens?: number, prompt_tokens_details?: { cached_tokens?: number } | null } | null }
    const cached = usage?.prompt_tokens_details?.cached_tokens
    return {
      ...(usage?.prompt_tokens !== undefined && { promptTokens: usage.prompt_tokens }),
      ...(usage?.prompt_tokens !== undefined && cached !== undefined && { evaluated: usage.prompt_tokens - cached }),
      ...(timings?.prompt_n !== undefined && { evaluated: timings.prompt_n }),
    }
  } catch {
    return {}
  }
}

/** The text that an event carries, '' for an event without text, undefined for what is no completion event. */
function tokenOf(data: string): string | undefined {
  try {
    const choice = (JSON.parse(data) as { choices?: { text?: string, delta?: { content?: string } }[] }).choices
    return choice === undefined ? undefined : choice[0]?.text ?? choice[0]?.delta?.content ?? ''
  } catch {
    return undefined
  }
}
