import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { HOST } from './loopback.ts'
import { firstAnswer, status } from './openai.ts'

/**
 * One throwaway request to a loopback stub: the first request of a process is some 12 ms slower than those after it.
 */
export async function warmProber(): Promise<void> {
  const events = 'data: {"choices":[{"text":"warm","finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
  const stub = createServer((_request, response) =>
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end(events),
  )
  await new Promise<void>(listening => stub.listen(0, HOST, listening))
  const { port } = stub.address() as AddressInfo
  await firstAnswer({ port, model: 'stub', prompt: '', maxTokens: 1 }, { timeout: 10 })
  await status(port, '/health')
  await new Promise(closed => stub.close(closed))
}
