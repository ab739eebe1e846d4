import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { now } from '../../core/clock.ts'
import { Problem } from '../../core/problem.ts'
import { freePort } from '../../host/port.ts'
import { firstAnswer } from '../openai.ts'
import type { Order } from './server.ts'

export const TRY_KINDS = ['listens', 'listens-later', 'drops-syn'] as const
export type TryKind = Order['kind']

/** Milliseconds for which SYNs are dropped. */
const SYN_DROP = 300

/** Milliseconds until the other process is given up. */
const PATIENCE = 15_000

/** A process to try the prober on; `end` it. */
export function openServer(): { attempt(kind: TryKind): Promise<number>; end(): void } {
  // stopped as it may be, it would not see that this process has ended: the kernel ends it then
  const server = fork(join(import.meta.dirname, 'server.ts'), {
    execPath: 'setpriv',
    execArgv: ['--pdeathsig', 'KILL', process.execPath],
  })
  return { attempt: kind => attempt(server, kind), end: () => void server.kill('SIGKILL') }
}

/** One try. @returns by how many seconds the prober's first token is off the moment at which it was there */
async function attempt(server: ChildProcess, kind: TryKind): Promise<number> {
  const port = await freePort()
  const order: Order = { kind, port, delay: 10 + Math.random() * 60, token: 10 + Math.random() * 50 }
  const known = message(server, 'known')
  const listening = message(server, 'listening')
  // whoever does not wait for it must not be ended by its time limit
  for (const promise of [known, listening]) promise.catch(() => {})
  server.send(order)
  if (kind !== 'listens-later') await listening
  const idle = kind === 'drops-syn' ? await dropSyns(server, port) : []
  const { firstToken } = await firstAnswer({ port, model: 'calibration', prompt: '', maxTokens: 1 }, { timeout: 10 })
  const error = firstToken - fromMonotonic(await known)
  for (const socket of idle) socket.destroy()
  return error
}

/**
 * Stops the server and fills its queue, so that the kernel drops further SYNs without a word, as under
 * CRIU's network lock.
 */
async function dropSyns(server: ChildProcess, port: number): Promise<Socket[]> {
  server.kill('SIGSTOP')
  const idle = Array.from({ length: 4 }, () => connect({ port, host: '127.0.0.1' }).on('error', () => {}))
  setTimeout(() => server.kill('SIGCONT'), SYN_DROP)
  await new Promise(later => setTimeout(later, 20))
  return idle
}

/** @throws Problem when the server does not send it in time, as on a host that does much else */
export async function message(server: ChildProcess, key: string, patience = PATIENCE): Promise<string> {
  const signal = AbortSignal.timeout(patience)
  for (;;) {
    const [received] = (await once(server, 'message', { signal }).catch(cause => {
      throw new Problem(
        `the prober's error could not be measured: its server did not send "${key}" within ${patience / 1000} s` +
          `\nThe host may be too busy: look at top, then run npm run setup again.`,
        { cause },
      )
    })) as [Record<string, string>]
    if (received[key] !== undefined) return received[key]
  }
}

/** CLOCK_MONOTONIC nanoseconds, which all processes share, on this process's clock in seconds. */
function fromMonotonic(nanoseconds: string): number {
  return now() - Number(process.hrtime.bigint() - BigInt(nanoseconds)) / 1e9
}
