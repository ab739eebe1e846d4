import { readlinkSync } from 'node:fs'
import { isIPv6, SocketAddress } from 'node:net'
import { namesIn, textOf } from './lenient.ts'

/** Who listens on which TCP port, from /proc. Source: proc_net_tcp.rst of the kernel. */

export interface Listener {
  address: string
  port: number
}

const LISTEN = '0A'

/** Parses /proc/net/tcp or tcp6: the sockets that listen, by inode. Lines of another form are left out. */
export function parseListeners(table: string): Map<string, Listener> {
  return new Map(
    table.split('\n').flatMap((line): [string, Listener][] => {
      const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/)
      const [, hex, port] = /^((?:[\dA-F]{8}){1,4}):([\dA-F]{4})$/.exec(local) ?? []
      return hex && port && state === LISTEN && /^\d+$/.test(inode)
        ? [[inode, { address: addressOf(hex), port: Number.parseInt(port, 16) }]]
        : []
    }),
  )
}

/** The kernel writes each 32-bit word of an address in the byte order of the machine (little endian). */
function addressOf(hex: string): string {
  const bytes = hex.match(/.{8}/g)!.flatMap(word => word.match(/../g)!.reverse())
  return bytes.length === 4
    ? bytes.map(byte => Number.parseInt(byte, 16)).join('.')
    : bytes.join('').toLowerCase().match(/.{4}/g)!.join(':')
}

/** Whether nobody outside this machine reaches it: 127.0.0.0/8, ::1, or the former in IPv6's clothes. */
export const isLoopback = (address: string): boolean =>
  /^127\./.test(address) || /^(0000:){7}0001$/.test(address) || /^(0000:){5}ffff:7f/.test(address)

/** What these processes listen on, each socket once. A process that is gone has none. */
export function listenersOf(pids: number[]): Listener[] {
  const found = new Map<string, Listener>()
  for (const pid of pids) {
    const tables = tablesOf(pid)
    for (const fd of namesIn(`/proc/${pid}/fd`)) {
      const inode = socketOf(pid, fd)
      const listener = inode && tables.map(table => table.get(inode)).find(Boolean)
      if (listener) found.set(inode, listener)
    }
  }
  return [...found.values()]
}

/** As {@link listenersOf}, without those in a network that is not this host's. */
export const hostListenersOf = (pids: number[]): Listener[] =>
  listenersOf(pids.filter(pid => networkOf(pid) === networkOf('self')))

/** Those at a port of this host, at whatever address. */
export const listenersAt = (port: number): Listener[] =>
  tablesOf('self').flatMap(table => [...table.values()].filter(listener => listener.port === port))

/**
 * Whether a listener keeps others from listening at an address, at its port. Undefined for one at [::] and an IPv4
 * address: /proc does not tell IPV6_V6ONLY, with which it takes no IPv4.
 */
export function keepsFrom(listener: Pick<Listener, 'address'>, address: string): boolean | undefined {
  const [one, other] = [plain(listener.address), plain(address)]
  if (one === '::' && !isIPv6(other)) return undefined
  const sameKind = isIPv6(one) === isIPv6(other)
  return one === other || other === '::' || (sameKind && [one, other].some(all => all === '0.0.0.0' || all === '::'))
}

/** In its shortest form; IPv4 in IPv6's clothes as IPv4. */
function plain(address: string): string {
  const { address: short } = new SocketAddress({ address, family: isIPv6(address) ? 'ipv6' : 'ipv4' })
  return short.replace(/^::ffff:(?=\d+\.)/, '')
}

/** For IPv4 and IPv6, of the network that a process is in; empty where it is gone, or the host has no such protocol. */
const tablesOf = (pid: number | 'self'): Map<string, Listener>[] =>
  ['tcp', 'tcp6'].map(name => parseListeners(textOf(`/proc/${pid}/net/${name}`)))

/** The network of a process, such as net:[4026532178]; '' where it is gone. */
export function networkOf(pid: number | 'self'): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`)
  } catch {
    return ''
  }
}

function socketOf(pid: number, fd: string): string | undefined {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1]
  } catch {
    return undefined
  }
}
