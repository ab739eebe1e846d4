import { join } from 'node:path'
import { namesIn, textOf } from './lenient.ts'
import { memory } from './memory.ts'

/** NUMA nodes by their numbers. Source: the kernel's Documentation/ABI/stable/sysfs-devices-node. */
export interface Numa {
  nodes: number[]
  /** Those that this process may run on, and take memory from. */
  cpus: number[]
  memory: number[]
  /** Bytes of shared memory, tmpfs among it, by node. */
  shared: Record<number, number>
  /** CPUs by node, as the kernel lists them: 0-15,32-47. */
  cpuList: Record<number, string>
}

/** The numbers of a kernel's list, such as 0-3,8. */
export function parseList(text: string): number[] {
  return text
    .trim()
    .split(',')
    .filter(Boolean)
    .flatMap(part => {
      const [first = 0, last = first] = part.split('-').map(Number)
      return Array.from({ length: last - first + 1 }, (_, index) => first + index)
    })
}

/** The same the other way: 0,1,2,8 as 0-2,8. */
export function listed(numbers: number[]): string {
  const ranges = numbers
    .toSorted((a, b) => a - b)
    .reduce<[number, number][]>((all, number) => {
      const last = all.at(-1)
      if (last && number === last[1] + 1) last[1] = number
      else all.push([number, number])
      return all
    }, [])
  return ranges.map(([first, last]) => (first === last ? String(first) : `${first}-${last}`)).join(',')
}

export function readNuma(root = '/'): Numa {
  const folder = join(root, 'sys/devices/system/node')
  const nodes = namesIn(folder)
    .flatMap(name => /^node(\d+)$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b)
  const status = textOf(join(root, 'proc/self/status'))
  const allowed = (what: string) => {
    const line = status.split('\n').find(one => one.startsWith(`${what}_allowed_list:`))
    return parseList(line?.split(':')[1] ?? '')
  }
  const cpuList = byNode(nodes, node => textOf(join(folder, `node${node}/cpulist`)).trim())
  const cpus = new Set(allowed('Cpus'))
  return {
    nodes,
    cpuList,
    cpus: nodes.filter(node => parseList(cpuList[node]!).some(cpu => cpus.has(cpu))),
    memory: allowed('Mems').filter(node => nodes.includes(node)),
    shared: byNode(nodes, node => {
      const lines = textOf(join(folder, `node${node}/meminfo`)).replaceAll(/^Node \d+ /gm, '')
      return memory(lines).Shmem ?? 0
    }),
  }
}

/** The node that a PCI device hangs on; undefined where the kernel does not know. @param bus such as 0000:17:00.0 */
export function nodeOfDevice(bus: string, root = '/'): number | undefined {
  const node = textOf(join(root, 'sys/bus/pci/devices', bus, 'numa_node')).trim()
  return /^\d+$/.test(node) ? Number(node) : undefined
}

/** Shared memory that lies on none of these nodes. */
export const sharedElsewhere = ({ shared }: Numa, near: number[]): number =>
  Object.entries(shared).reduce((sum, [node, bytes]) => (near.includes(Number(node)) ? sum : sum + bytes), 0)

const byNode = <T>(nodes: number[], value: (node: number) => T): Record<number, T> =>
  Object.fromEntries(nodes.map(node => [node, value(node)]))
