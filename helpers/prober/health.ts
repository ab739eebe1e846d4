import { Agent, request } from 'undici'
import { now, pause } from '../core/clock.ts'
import type { ServerRequest } from '../core/server-request.ts'
import { HOST } from './loopback.ts'

/** One of our own: the global one asks a proxy where NODE_USE_ENV_PROXY and HTTP_PROXY say so. */
const direct = new Agent()

/** The status of a request, or undefined where nobody answers. */
export async function status(
  port: number,
  path: string,
  {
    method = 'GET',
    timeout = 2,
    body,
    signal,
  }: { method?: ServerRequest['method']; timeout?: number /** JSON */; body?: string; signal?: AbortSignal } = {},
): Promise<number | undefined> {
  try {
    const response = await request(`http://${HOST}:${port}${path}`, {
      dispatcher: direct,
      method,
      headersTimeout: timeout * 1000,
      bodyTimeout: timeout * 1000,
      reset: true,
      ...(body && { body, headers: { 'content-type': 'application/json' } }),
      ...(signal && { signal }),
    })
    await response.body.dump()
    return response.statusCode
  } catch {
    return undefined
  }
}

/** Seconds on the monotonic clock at which /health first said 200; undefined where the signal came first. */
export async function healthy(port: number, signal: AbortSignal): Promise<number | undefined> {
  while (!signal.aborted) {
    if ((await status(port, '/health')) === 200) return now()
    await pause(0.025, signal)
  }
  return undefined
}
