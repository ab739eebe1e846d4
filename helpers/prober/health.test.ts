import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { execa } from 'execa'
import { expect, onTestFinished, test } from 'vitest'

/** Asks in every way there is; its environment names a proxy that nobody listens at. */
const ASK = `
import { firstAnswer, healthy, status } from './openai.ts'
import { warmProber } from './warm-up.ts'
const port = Number(process.argv[1])
await warmProber()
const { text } = await firstAnswer({ port, model: 'm', prompt: 'p', maxTokens: 1 }, { timeout: 10 })
console.log(JSON.stringify({
  text, health: await status(port, '/health'), woken: await status(port, '/wake_up', { method: 'POST', body: '{}' }),
  healthy: await healthy(port, AbortSignal.timeout(5000)) !== undefined,
}))`

test.for(['NODE_USE_ENV_PROXY', 'NODE_OPTIONS'])('nothing for 127.0.0.1 goes through a proxy: %s', async way => {
  const server = createServer((request, response) =>
    request.url === '/v1/completions'
      ? response.end('data: {"choices":[{"text":"a","finish_reason":"stop"}]}\n\ndata: [DONE]\n\n')
      : response.writeHead(request.url === '/wake_up' && request.method === 'POST' ? 202 : 200).end(),
  )
  onTestFinished(() => void server.close())
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
  const proxy = 'http://127.0.0.1:1'
  const { stdout } = await execa(
    process.execPath,
    ['--input-type=module', '--eval', ASK, String((server.address() as AddressInfo).port)],
    {
      cwd: import.meta.dirname,
      env: {
        [way]: way === 'NODE_OPTIONS' ? '--use-env-proxy' : '1',
        HTTP_PROXY: proxy,
        http_proxy: proxy,
        HTTPS_PROXY: proxy,
        ALL_PROXY: proxy,
        NO_PROXY: '',
        no_proxy: '',
      },
    },
  )
  expect(JSON.parse(stdout)).toEqual({ text: 'a', health: 200, woken: 202, healthy: true })
})
