import { type AddressInfo, createServer } from 'node:net'
import { now, pause } from '../core/clock.ts'
import { Problem } from '../core/problem.ts'
import { textOf } from './lenient.ts'
import { keepsFrom, type Listener, listenersAt } from './listeners.ts'

/** The host's loopback. */
export const HOST = '127.0.0.1'

/** Lower ones are those of services. */
const FIRST = 10_000

/** Ports that {@link freePort} chose: no variable names them. */
const chosen = new Set<number>()

/**
 * A port on 127.0.0.1 where nobody listens, and that the kernel gives to no connection: a server that comes back needs
 * it minutes later. Where connections may have all ports it is one of theirs.
 */
export async function freePort(): Promise<number> {
  const port = await findPort()
  chosen.add(port)
  return port
}

async function findPort(): Promise<number> {
  const count = firstOfConnections() - FIRST
  for (let tries = 0; count > 0 && tries < 50; tries++) {
    const port = FIRST + Math.floor(Math.random() * count)
    if (!(await listenOnce(port))) return port
  }
  return await anyPort()
}

/** NaN where nothing tells. Source: ip_local_port_range, ip(7). */
const firstOfConnections = (): number => Number.parseInt(textOf('/proc/sys/net/ipv4/ip_local_port_range'), 10)

async function anyPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((listening, failed) => server.once('error', failed).listen(0, HOST, listening))
  const { port } = server.address() as AddressInfo
  await new Promise(closed => server.close(closed))
  return port
}

/**
 * Nobody may answer in the engine's place: its tokens would be measured.
 * @param patience seconds to wait for a process that is just ending
 * @throws Problem where another program listens, or the port may not be used
 */
export async function checkPort(port: number, patience = 0): Promise<void> {
  const began = now()
  for (;;) {
    const error = await listenOnce(port)
    if (!error) return
    const why = error.code === 'EADDRINUSE' ? 'another program listens there' : error.message
    if (error.code !== 'EADDRINUSE' || now() - began >= patience) throw taken(port, why)
    await pause(0.02)
  }
}

function taken(port: number, why: string): Problem {
  const [which, otherwise] = chosen.has(port)
    ? [`port ${port}, which was free when the suite chose it,`, 'or run again: a new run chooses another.']
    : [`API_PORT ${port}`, 'or set API_PORT to a free port.']
  return new Problem(`${which} cannot be used: ${why}\nEnd it (ss -ltnp 'sport = :${port}' names it), ${otherwise}`)
}

/** Seconds for which the kernel keeps the port of a connection that its listening side ended (TIME_WAIT). */
const AT_REST = 60
/** Seconds that a server which was just killed may still hold its port. */
export const PORT_PATIENCE = 2

/**
 * Waits until one can listen at all of these again, as a server that is restored will: NCCL's connections that ended a
 * moment before a dump keep their ports for a minute. An address that this host has no longer is CRIU's to refuse.
 * @param patience seconds
 * @throws Problem where another program listens at one of them
 */
export async function awaitPorts(listeners: Listener[], signal: AbortSignal, patience = AT_REST + 1): Promise<void> {
  const began = now()
  for (const { address, port } of listeners)
    while (!signal.aborted && (await listenOnce(port, address))?.code === 'EADDRINUSE') {
      if (now() - began >= ((await isListenedAt(port, address)) ? Math.min(PORT_PATIENCE, patience) : patience))
        throw new Problem(
          `the server cannot be restored: port ${port}, at which it listens, is taken\nEnd what has it ` +
            `(ss -tanp 'sport = :${port}' names it), or take a new checkpoint.`,
        )
      await pause(0.2, signal)
    }
}

/** An address of this host at which no program listens by itself: what is taken there is taken at every one of IPv4. */
const NOBODYS = '127.83.12.1'

/** Whether a program listens so that nobody else can at this address; a port that is only kept has none. */
export async function isListenedAt(port: number, address = HOST): Promise<boolean> {
  const all = listenersAt(port).map(listener => keepsFrom(listener, address))
  return all.includes(true) || (all.includes(undefined) && (await listenOnce(port, NOBODYS)) !== undefined)
}

function listenOnce(port: number, host = HOST): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise(settled => {
    const server = createServer().once('error', settled)
    server.listen(port, host, () => server.close(() => settled(undefined)))
  })
}
