import { closeSync, openSync } from 'node:fs'
import { Socket } from 'node:net'
import { getSystemErrorName } from 'node:util'
import koffi from 'koffi'
import { Problem } from '../core/problem.ts'
import { HOST } from './port.ts'

/** Linux calls that Node has no function for. Numbers: sched.h, socket.h, if.h, sockios.h of x86-64. */
const CLONE_NEWNET = 0x40000000
const AF_INET = 2
const STREAM = 1 | 0o2000000 | 0o4000 // SOCK_STREAM, SOCK_CLOEXEC, SOCK_NONBLOCK
const GET_FLAGS = 0x8913
const SET_FLAGS = 0x8914
const IFF_UP = 1
/** struct ifreq: 16 bytes of a name, then a union, which begins with the flags here. */
const IFREQ = 40
const FLAGS = 16

interface Calls {
  unshare(flags: number): number
  setns(fd: number, type: number): number
  socket(domain: number, type: number, protocol: number): number
  ioctl(fd: number, request: number, argument: Buffer): number
}

let loaded: Calls | undefined

function calls(): Calls {
  if (loaded) return loaded
  const libc = koffi.load('libc.so.6')
  loaded = {
    unshare: libc.func('int unshare(int flags)'),
    setns: libc.func('int setns(int fd, int type)'),
    socket: libc.func('int socket(int domain, int type, int protocol)'),
    ioctl: libc.func('int ioctl(int fd, unsigned long request, _Inout_ void *argument)'),
  } as unknown as Calls
  return loaded
}

/** A network namespace with a loopback of its own, which is up. It lives while this is open or a process has it. */
export class NetworkNamespace {
  readonly #fd: number

  /** @throws Problem where this process may make none */
  constructor() {
    this.#fd = elsewhere(() => {
      check('unshare', calls().unshare(CLONE_NEWNET))
      bringLoopbackUp()
      return openSync('/proc/thread-self/ns/net', 'r')
    })
  }

  /**
   * Does something at once in this namespace: what it spawns or makes belongs there.
   * @throws Problem, or what it throws
   */
  within<Result>(work: () => Result): Result {
    return elsewhere(() => {
      check('setns', calls().setns(this.#fd, CLONE_NEWNET))
      return work()
    })
  }

  /** A connection to a port on its loopback, begun; as net.connect otherwise. @throws Problem */
  connect(port: number): Socket {
    const fd = this.within(makeSocket)
    // nothing is read before it is connected
    return new Socket({ fd, manualStart: true } as ConstructorParameters<typeof Socket>[0]).connect({
      host: HOST,
      port,
    })
  }

  close(): void {
    closeSync(this.#fd)
  }
}

/** Does something that leaves this thread's network namespace, and goes back before anything else runs here. */
function elsewhere<Result>(work: () => Result): Result {
  const own = openSync('/proc/thread-self/ns/net', 'r')
  try {
    return work()
  } finally {
    // nothing that this process does later may happen in another one
    if (calls().setns(own, CLONE_NEWNET) !== 0) process.abort()
    closeSync(own)
  }
}

function bringLoopbackUp(): void {
  const fd = makeSocket()
  try {
    const request = Buffer.alloc(IFREQ)
    request.write('lo')
    check('ioctl(SIOCGIFFLAGS)', calls().ioctl(fd, GET_FLAGS, request))
    request.writeInt16LE(request.readInt16LE(FLAGS) | IFF_UP, FLAGS)
    check('ioctl(SIOCSIFFLAGS)', calls().ioctl(fd, SET_FLAGS, request))
  } finally {
    closeSync(fd)
  }
}

const makeSocket = (): number => check('socket', calls().socket(AF_INET, STREAM, 0))

function check(call: string, result: number): number {
  if (result >= 0) return result
  throw new Problem(
    `a network namespace cannot be made or entered: ${call}: ${getSystemErrorName(-koffi.errno())}\n` +
      'It takes root with CAP_SYS_ADMIN and CAP_NET_ADMIN: run it outside of a container that lacks them.',
  )
}
