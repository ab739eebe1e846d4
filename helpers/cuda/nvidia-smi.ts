import { spawnSync } from 'node:child_process'

/** What nvidia-smi tells; memory in bytes. Nothing where it is not installed or does not answer. */

const MIB = 1024 ** 2

/** What it prints as CSV without a head; nothing where it does not answer. */
export function queryText(what: string): string {
  const { stdout, status } = spawnSync('nvidia-smi', [`--query-${what}`, '--format=csv,noheader,nounits'], {
    encoding: 'utf8',
    timeout: 20_000,
  })
  return status === 0 ? stdout : ''
}

const query = (what: string): number[][] => parseCsv(queryText(what))

/** Lines of numbers; one that holds anything else, such as "[N/A]", is left out. */
export function parseCsv(text: string): number[][] {
  return text
    .split('\n')
    .filter(line => line.trim())
    .map(line => line.split(',').map(Number))
    .filter(numbers => numbers.every(Number.isFinite))
}

export const gpus = (): { used: number; total: number }[] =>
  query('gpu=memory.used,memory.total').map(([used = 0, total = 0]) => ({ used: used * MIB, total: total * MIB }))

/** Processes that hold GPU memory, and how much. */
export const holders = (): { pid: number; used: number }[] =>
  query('compute-apps=pid,used_memory').map(([pid = 0, used = 0]) => ({ pid, used: used * MIB }))

/**
 * Giga-transfers a second and lane by PCIe generation, and the share of them that is data: 8 of 10 bits, 128 of 130
 * from 3.0 on.
 */
const LANES: Record<number, [rate: number, data: number]> = {
  1: [2.5, 0.8],
  2: [5, 0.8],
  3: [8, 128 / 130],
  4: [16, 128 / 130],
  5: [32, 128 / 130],
  6: [64, 128 / 130],
}

/**
 * What the bus of the slowest GPU carries one way at most, by its generation and width: bytes a second, in theory; a
 * copy from pinned memory reaches about 85 % of it. Undefined where the driver does not say.
 */
export function busBandwidth(rows = query('gpu=pcie.link.gen.max,pcie.link.width.max')): number | undefined {
  const buses = rows.flatMap(([generation = 0, width = 0]) => {
    const [rate, data] = LANES[generation] ?? [0, 0]
    return rate * width > 0 ? (rate * 1e9 * data * width) / 8 : []
  })
  return buses.length > 0 ? Math.min(...buses) : undefined
}

/** GPU memory that these processes hold together. */
export function gpuBytesOf(pids: number[]): number {
  return holders().reduce((sum, { pid, used }) => (pids.includes(pid) ? sum + used : sum), 0)
}
