import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { dirname } from 'node:path'
import { pipeline } from 'node:stream'
import { now, pause } from '../core/clock.ts'
import { Problem } from '../core/problem.ts'
import { command, start } from './command.ts'
import { HOST } from './port.ts'
import { whereIs } from './programs.ts'

/** What it needs, by the Debian or Ubuntu package that has it. */
const PROGRAMS: Record<string, string> = { socat: 'socat', ip: 'iproute2', nsenter: 'util-linux' }

/** Packages of the programs that this host lacks. */
export const missingForDoorways = (): string[] =>
  Object.entries(PROGRAMS).flatMap(([program, name]) => (whereIs(program) ? [] : name))

/** Seconds for socat to begin. */
const PATIENCE = 10

/**
 * A port on this host's loopback that leads to a port on the loopback of another network namespace. A Unix socket joins
 * them: where it lies, and not a network namespace, says who may reach it.
 */
export class Doorway {
  readonly #socket: string
  readonly #inner: number
  #server: Server | undefined
  #socat: ReturnType<typeof start> | undefined

  /** @param socket path for the Unix socket, below 100 characters; @param inner port in the namespace */
  constructor(socket: string, inner: number) {
    this.#socket = socket
    this.#inner = inner
  }

  /** Listens on the host. Whoever comes before the namespace is there is turned away. @param port 0 for a free one */
  async listen(port = 0): Promise<number> {
    this.#server ??= await new Promise<Server>((listening, failed) => {
      const server = createServer(client => {
        const other = connect(this.#socket)
        pipeline(client, other, client, () => {
          client.destroy()
          other.destroy()
        })
      })
      server.once('error', failed).listen(port, HOST, () => listening(server))
    })
    return (this.#server.address() as AddressInfo).port
  }

  /** Loopback up, and the way open, in the network namespace of a process. @throws Problem where one of them fails */
  async open(pid: number): Promise<void> {
    this.shut()
    mkdirSync(dirname(this.#socket), { recursive: true, mode: 0o700 })
    const within = `--net=/proc/${pid}/ns/net`
    const forward = [`UNIX-LISTEN:${this.#socket},fork,mode=600`, `TCP4:${HOST}:${this.#inner}`]
    this.#socat = start('nsenter', [within, 'socat', ...forward], { timeout: 86_400, name: 'socat' })
    // CRIU brings the namespace back with its loopback down
    await command('nsenter', [within, 'ip', 'link', 'set', 'lo', 'up'], { timeout: 30 })
    const over = this.#socat.ended.then(
      () => ({ message: 'socat ended' }),
      (error: Error) => error,
    )
    let wrong: { message: string } | undefined
    over.then(error => {
      wrong = error
    })
    for (const began = now(); !existsSync(this.#socket); await pause(0.001))
      if (wrong || now() - began > PATIENCE)
        throw new Problem(`no way to port ${this.#inner} of process ${pid}: ${wrong?.message ?? 'socat did not begin'}`)
  }

  /** Shuts the way in; the host's port stays. */
  shut(): void {
    this.#socat?.kill()
    this.#socat = undefined
    rmSync(this.#socket, { force: true })
  }

  close(): void {
    this.shut()
    this.#server?.close()
    this.#server = undefined
  }
}
