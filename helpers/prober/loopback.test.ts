import { type AddressInfo, createServer, Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { freePort } from '../host/port.ts'
import { connected } from './loopback.ts'

/** Keeps this process from reading anything, as a loaded host does. */
function beBusy(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
}

test('a connection that came in time is one, also when this process is late to read it', async () => {
  const server = createServer(socket => void socket.on('error', () => {}))
  onTestFinished(() => void server.close())
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
  const asked = connected((server.address() as AddressInfo).port)
  beBusy(50)
  const socket = await asked
  expect(socket).toBeInstanceOf(Socket)
  ;(socket as Socket).destroy()
})

test('nobody listens: said with the code', async () => {
  expect(await connected(await freePort())).toBe('ECONNREFUSED')
})
