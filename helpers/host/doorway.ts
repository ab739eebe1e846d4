import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { pipeline } from 'node:stream'
import type { NetworkNamespace } from './network-namespace.ts'
import { HOST } from './port.ts'

/** A free port on this host's loopback that leads to a port on the loopback of another network namespace. */
export class Doorway {
  readonly #namespace: NetworkNamespace
  readonly #inner: number
  #server: Server | undefined
  /** Those that go through it now. */
  readonly #clients = new Set<Socket>()

  /** @param inner port in the namespace */
  constructor(namespace: NetworkNamespace, inner: number) {
    this.#namespace = namespace
    this.#inner = inner
  }

  /** Whoever comes before somebody listens there is turned away. @returns the port */
  async open(): Promise<number> {
    const server = createServer({ noDelay: true }, client => {
      const other = this.#namespace.connect(this.#inner).setNoDelay()
      this.#clients.add(client)
      pipeline(client, other, client, () => {
        this.#clients.delete(client)
        client.destroy()
        other.destroy()
      })
    })
    await new Promise<void>((listening, failed) => server.once('error', failed).listen(0, HOST, listening))
    this.#server = server
    return (server.address() as AddressInfo).port
  }

  /** Also to those who are in. */
  close(): void {
    this.#server?.close()
    this.#server = undefined
    for (const client of this.#clients) client.destroy()
  }
}
