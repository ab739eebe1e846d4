import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Agent, fetch, WebSocket } from 'undici'

/**
 * A headless Chromium of its own for tests, driven by its DevTools protocol:
 * https://chromedevtools.github.io/devtools-protocol/
 */

/** The browser is on this host: no proxy leads to it, whatever the environment says. */
const direct = { dispatcher: new Agent() }

/** CHROMIUM where it is set, there or not; else the first that is installed. */
export const chromium =
  process.env.CHROMIUM || ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--host-resolver-rules=MAP * ~NOTFOUND',
  '--remote-debugging-port=0',
]

export interface Visit {
  /** The document as the browser made it. */
  dom: string
  /** What stands on the console: errors, warnings, messages. */
  said: string[]
  /** Addresses that the page asked for, its own aside. */
  asked: string[]
  /** What the expression gave at each width. */
  seen: unknown[]
  /** Pages of paper. */
  printed?: number
}

interface Options {
  widths?: number[]
  look?: string
  dark?: boolean
  print?: boolean
}

/**
 * Opens a page, at each of these widths in pixels.
 * @param text the page's HTML
 * @param look an expression that is evaluated in the page; its value must be JSON
 * @param print counts the pages of a PDF, too
 */
export async function visit(
  text: string,
  { widths = [1280], look = 'null', dark = false, print = false }: Options = {},
): Promise<Visit> {
  const folder = mkdtempSync(join(tmpdir(), 'page-'))
  const page = join(folder, 'page.html')
  writeFileSync(page, text)
  const browser = spawn(chromium!, [...FLAGS, `--user-data-dir=${join(folder, 'profile')}`, 'about:blank'], {
    stdio: 'ignore',
  })
  const ended = new Promise(resolve => {
    browser.once('exit', resolve).once('error', resolve)
  })
  try {
    const { call, events, close } = await connect(await address(join(folder, 'profile/DevToolsActivePort'), ended))
    for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await call(`${domain}.enable`)
    await call('Emulation.setEmulatedMedia', {
      features: [{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }],
    })
    const evaluate = async (expression: string) =>
      (await call('Runtime.evaluate', { expression, returnByValue: true })).result.value
    const seen: unknown[] = []
    for (const width of widths) {
      await call('Emulation.setDeviceMetricsOverride', {
        width,
        height: 800,
        deviceScaleFactor: 1,
        mobile: width < 600,
      })
      const loads = () => events.filter(({ method }) => method === 'Page.loadEventFired').length
      const before = loads()
      await call('Page.navigate', { url: `file://${page}` })
      while (loads() === before) await pause(5)
      seen.push(await evaluate(look))
    }
    const dom = await evaluate('document.documentElement.outerHTML')
    const pdf = print
      ? Buffer.from((await call('Page.printToPDF', { preferCSSPageSize: true })).data, 'base64')
      : undefined
    close()
    const of = (method: string) => events.filter(event => event.method === method).map(event => event.params)
    return {
      dom,
      seen,
      ...(pdf && { printed: pdf.toString('latin1').match(/\/Type\s*\/Page\b(?!s)/g)?.length ?? 0 }),
      said: [
        ...of('Runtime.consoleAPICalled').map(({ args }) =>
          args.map((arg: { value: unknown }) => String(arg.value)).join(' '),
        ),
        ...of('Runtime.exceptionThrown').map(({ exceptionDetails }) => exceptionDetails.text),
        ...of('Log.entryAdded').map(({ entry }) => entry.text),
      ],
      asked: of('Network.requestWillBeSent')
        .map(({ request }) => request.url)
        .filter(url => !/^(file|data):/.test(url)),
    }
  } finally {
    browser.kill('SIGKILL')
    await ended
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Where the browser's first page can be talked to, once it has said so. */
async function address(file: string, ended: Promise<unknown>): Promise<string> {
  let gone = false
  void ended.then(() => {
    gone = true
  })
  while (!gone) {
    const port = existsSync(file) && /^(\d+)\n/.exec(readFileSync(file, 'utf8'))?.[1]
    if (port) {
      const pages = (await (await fetch(`http://127.0.0.1:${port}/json/list`, direct)).json()) as {
        type: string
        webSocketDebuggerUrl: string
      }[]
      const found = pages.find(({ type }) => type === 'page')
      if (found) return found.webSocketDebuggerUrl
    }
    await pause(20)
  }
  throw new Error(
    `${chromium} ended before it answered. Does it start? ${chromium} --headless --no-sandbox ` +
      '--dump-dom about:blank',
  )
}

// what the protocol answers has a shape of its own for each method
// biome-ignore lint/suspicious/noExplicitAny: what a browser answers differs by the question
type Answer = any

async function connect(url: string) {
  const socket = new WebSocket(url, direct)
  const waiting = new Map<number, (message: Answer) => void>()
  const events: { method: string; params: Answer }[] = []
  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(String(data)) as Answer
    if (message.id === undefined) events.push(message)
    else waiting.get(message.id)?.(message)
  })
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve)
    socket.addEventListener('error', () => reject(new Error(`no connection to ${url}`)))
  })
  let last = 0
  const call = async (method: string, params: object = {}): Promise<Answer> => {
    const id = ++last
    const answered = new Promise<Answer>(resolve => waiting.set(id, resolve))
    socket.send(JSON.stringify({ id, method, params }))
    const { result, error } = await answered
    if (error) throw new Error(`${method}: ${error.message}`)
    return result
  }
  return { call, events, close: () => socket.close() }
}
