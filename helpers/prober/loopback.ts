import { connect, type Socket } from 'node:net'

/** Where every server of the suite's answers. Nothing goes there through a proxy, whatever the environment says. */
export const HOST = '127.0.0.1'

/** Seconds until a connection is given up: on loopback it takes microseconds, unless its SYN was dropped. */
const CONNECT_DEADLINE = 0.003

/**
 * Milliseconds of silence after which the kernel asks the other side's kernel whether the connection is still there.
 * A server may think as long as it likes; that its connection went without a word, as CRIU takes it away, is noticed.
 */
const KEEP_ALIVE = 1000

/** A connection, or why there is none. */
export function connected(port: number): Promise<Socket | string> {
  return new Promise(resolve => {
    const socket = connect({ host: HOST, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE })
    const settle = (result: Socket | string) => {
      clearTimeout(timer)
      if (typeof result === 'string') socket.destroy()
      resolve(result)
    }
    // this process may be the late one: what has come by now is read first
    const late = () => setImmediate(() => settle(socket.connecting ? 'the connection was not answered' : socket))
    const timer = setTimeout(late, CONNECT_DEADLINE * 1000)
    socket.once('connect', () => settle(socket))
    socket.on('error', error => settle((error as NodeJS.ErrnoException).code ?? error.message))
  })
}
