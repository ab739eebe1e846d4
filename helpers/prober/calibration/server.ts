import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * The server that the prober is measured against, in a process of its own. Its parent sends one order a try: from when
 * on it takes requests, and how much later its first token is there. It answers with that moment (CLOCK_MONOTONIC,
 * nanoseconds as text). A request that comes later than the token counts as the prober's error.
 */

export interface Order {
  port: number
  /**
   * `listens`: from the start. `listens-later`: nobody listens for `delay` milliseconds. `drops-syn`: its queue holds
   * one connection, which the parent fills before it stops this process: the kernel drops every further SYN without a
   * word until the process goes on.
   */
  kind: 'listens' | 'listens-later' | 'drops-syn'
  /** Milliseconds. */
  delay: number
  /** Milliseconds from taking requests to the first token. */
  token: number
}

const TOKEN = 'data: {"choices":[{"text":"token"}]}\n\n'
const monotonic = () => process.hrtime.bigint()
const milliseconds = (value: number) => BigInt(Math.round(value * 1e6))

process.on('message', async ({ port, kind, delay, token }: Order) => {
  let known: bigint | undefined
  const server = createServer(async (_request, response) => {
    if (kind === 'drops-syn') noteGap()
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    known ??= awake + milliseconds(token)
    // to the moment itself: a timer alone may be a millisecond late
    await new Promise(later => setTimeout(later, Math.max(0, Number(known! - monotonic()) / 1e6 - 1.5)))
    while (monotonic() < known);
    response.end(`${TOKEN}data: [DONE]\n\n`)
    server.close()
    process.send!({ known: String(known) })
  })
  if (kind === 'listens-later') await new Promise(later => setTimeout(later, delay))
  let awake = monotonic()
  let last = awake
  const noteGap = () => {
    if (monotonic() - last > 100_000_000n) awake = monotonic()
    last = monotonic()
  }
  server.listen({ port, host: '127.0.0.1', backlog: kind === 'drops-syn' ? 1 : 511 })
  await once(server, 'listening')
  process.send!({ listening: (server.address() as AddressInfo).port })
  if (kind !== 'drops-syn') return
  // the parent stops this process now; a gap in its time tells when it goes on
  const tick = setInterval(noteGap, 1)
  server.on('close', () => clearInterval(tick))
})
