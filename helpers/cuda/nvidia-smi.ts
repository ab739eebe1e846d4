import { spawnSync } from 'node:child_process'

/** What nvidia-smi tells about GPU memory, in bytes. Nothing where it is not installed or does not answer. */

const MIB = 1024 ** 2

function query(what: string): number[][] {
  const { stdout, status } = spawnSync('nvidia-smi', [`--query-${what}`, '--format=csv,noheader,nounits'], { encoding: 'utf8', timeout: 20_000 })
  return status === 0 ? parseCsv(stdout) : []
}

/** Lines of numbers; one that holds anything else, such as "[N/A]", is left out. */
export function parseCsv(text: string): number[][] {
  return text.split('\n').filter(line => line.trim()).map(line => line.split(',').map(Number)).filter(numbers => numbers.every(Number.isFinite))
}

export const gpus = (): { used: number, total: number }[] => query('gpu=memory.used,memory.total').map(([used = 0, total = 0]) => ({ used: used * MIB, total: total * MIB }))

/** Processes that hold GPU memory, and how much. */
export const holders = (): { pid: number, used: number }[] => query('compute-apps=pid,used_memory').map(([pid = 0, used = 0]) => ({ pid, used: used * MIB }))

/** GPU memory that these processes hold together. */
export function gpuBytesOf(pids: number[]): number {
  return holders().reduce((sum, { pid, used }) => pids.includes(pid) ? sum + used : sum, 0)
}
