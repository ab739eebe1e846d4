import { closeSync, existsSync, openSync, readFileSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { listenersOf } from '../host/listeners.ts'
import { commandName, innerPid } from '../host/processes.ts'
import { type MAGIC, readImage } from './images/image-file.ts'
import { PAGE } from './images/memory-map.ts'
import { type PageRun, readPagemap } from './images/pagemap.ts'
import { readName, readProcessTree } from './images/process-tree.ts'

/**
 * One execution of a program is told from every other by the 16 random bytes that the kernel puts into its memory at
 * execve(2), and by the random place where they lie, which the auxiliary vector tells. CRIU restores both, a new start
 * gets new ones; the start time of a process is not restored. Go's runtime zeroes the bytes once it has read them: the
 * place is left. Sources: fs/binfmt_elf.c (create_elf_tables), getauxval(3), images/mm.proto (mm_saved_auxv).
 */
export interface Dumped {
  /** Process id in its own, innermost namespace; CRIU restores it. */
  inner: number
  name: string
  /** Place and bytes; undefined where they cannot be read. The stack's canary is made of them: not for logs. */
  execution: string | undefined
}

/** A process that lives. */
export interface Living extends Dumped {
  /** On this host. */
  pid: number
  /** Seconds since boot, cut to a clock tick. */
  began: number
}

const AT_RANDOM = 25
const RANDOM_BYTES = 16
/** USER_HZ: ticks a second of times in /proc. */
const TICKS = 100

/** Seconds since boot, cut to a clock tick, as {@link Living.began}. */
export const uptime = (): number => Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0])

/** These processes, without those that have ended. */
export function living(pids: number[]): Living[] {
  return pids.flatMap(pid => {
    try {
      // the name before it is in brackets and may hold anything
      const [, state = '', ...fields] = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\)/s, '').split(' ')
      if ('ZX'.includes(state)) return []
      const began = Number(fields[18]) / TICKS
      return [{ pid, inner: innerPid(pid), name: commandName(pid), began, execution: executionOf(pid) }]
    } catch {
      return []
    }
  })
}

/** Those of these processes that listen on a TCP port. */
export const listening = (processes: Living[], port: number): Living[] =>
  processes.filter(({ pid }) => listenersOf([pid]).some(listener => listener.port === port))

function executionOf(pid: number): string | undefined {
  try {
    const address = randomAddress(readFileSync(`/proc/${pid}/auxv`))
    return address ? executionAt(address, bytesOf(`/proc/${pid}/mem`, address)) : undefined
  } catch {
    return undefined
  }
}

/** Where the random bytes lie, by what /proc/PID/auxv holds: 64-bit numbers. Undefined where it does not say. */
export function randomAddress(auxv: Uint8Array): number | undefined {
  const words = new BigUint64Array(
    auxv.buffer.slice(auxv.byteOffset, auxv.byteOffset + auxv.length - (auxv.length % 16)),
  )
  return addressIn(Array.from(words, Number))
}

/** The numbers of an auxiliary vector come in pairs, what and value. */
function addressIn(words: number[]): number | undefined {
  const at = words.findIndex((word, index) => index % 2 === 0 && word === AT_RANDOM)
  return at < 0 ? undefined : words[at + 1] || undefined
}

const MM_AUXV = 13

/** The processes in a folder of CRIU's images, without those that had ended. @throws where an image cannot be read */
export function dumpedIn(images: string): Dumped[] {
  const image = (name: string, kind: keyof typeof MAGIC) => readImage(join(images, `${name}.img`), kind)
  const alive = readProcessTree(image('pstree', 'pstree')).filter(({ pid }) =>
    existsSync(join(images, `mm-${pid}.img`)),
  )
  return alive.map(({ pid }): Dumped => {
    const address = addressIn(image(`mm-${pid}`, 'mm').entries[0]?.numbers(MM_AUXV) ?? [])
    const { pagesId, runs } = readPagemap(image(`pagemap-${pid}`, 'pagemap'))
    const name = readName(image(`core-${pid}`, 'core'))
    if (address === undefined) return { inner: pid, name, execution: undefined }
    const holds = (run: PageRun) => address >= run.address && address + RANDOM_BYTES <= run.address + run.pages * PAGE
    const run = runs.find(run => run.at >= 0 && holds(run))
    const bytes = run && bytesOf(join(images, `pages-${pagesId}.img`), run.at * PAGE + address - run.address)
    return { inner: pid, name, execution: executionAt(address, bytes) }
  })
}

/** Undefined where neither the bytes nor the place (randomize_va_space 0) would differ in another execution. */
function executionAt(address: number, bytes: Buffer | undefined): string | undefined {
  if (!bytes) return undefined
  const random = bytes.some(byte => byte) || readFileSync('/proc/sys/kernel/randomize_va_space', 'utf8').trim() !== '0'
  return random ? `${address.toString(16)}-${bytes.toString('hex')}` : undefined
}

/** The random bytes in a file; undefined where it ends before. */
function bytesOf(path: string, at: number): Buffer | undefined {
  const file = openSync(path, 'r')
  try {
    const bytes = Buffer.alloc(RANDOM_BYTES)
    return readSync(file, bytes, 0, RANDOM_BYTES, at) === RANDOM_BYTES ? bytes : undefined
  } finally {
    closeSync(file)
  }
}
