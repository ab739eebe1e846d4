import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { listed, nodeOfDevice, parseList, readNuma, sharedElsewhere } from './numa.ts'

/** A root with these files. */
function root(files: Record<string, string>): string {
  const path = mkdtempSync(join(tmpdir(), 'numa-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true })
    writeFileSync(join(path, name), text)
  }
  return path
}
const meminfo = (node: number, shared: number) =>
  `Node ${node} MemTotal:       65842100 kB\nNode ${node} MemFree:        3279160 kB\n` +
  `Node ${node} Shmem:          ${shared} kB\nNode ${node} ShmemHugePages:        0 kB\n`
const node = (number: number, cpus: string, shared: number) => ({
  [`sys/devices/system/node/node${number}/cpulist`]: `${cpus}\n`,
  [`sys/devices/system/node/node${number}/meminfo`]: meminfo(number, shared),
})
const status = (cpus: string, memory: string) => ({
  'proc/self/status':
    `Name:\tnode\nCpus_allowed_list:\t${cpus}\nMems_allowed:\t00000003\n` + `Mems_allowed_list:\t${memory}\n`,
})

it('reads and writes lists as the kernel does', () => {
  expect(parseList('0-3,8,16-17\n')).toEqual([0, 1, 2, 3, 8, 16, 17])
  expect(parseList('\n')).toEqual([])
  expect(listed([8, 0, 1, 2])).toBe('0-2,8')
  expect(listed([])).toBe('')
})

it('two sockets, whose processes may run on one of them and take memory from both', () => {
  const two = root({
    ...node(0, '0-15,32-47', 4096),
    ...node(1, '16-31,48-63', 12_582_912),
    ...status('0-7', '0-1'),
    'sys/devices/system/node/online': '0-1\n',
  })
  const numa = readNuma(two)
  expect(numa).toEqual({
    nodes: [0, 1],
    cpus: [0],
    memory: [0, 1],
    shared: { 0: 4096 * 1024, 1: 12 * 2 ** 30 },
    cpuList: { 0: '0-15,32-47', 1: '16-31,48-63' },
  })
  expect(sharedElsewhere(numa, [0])).toBe(12 * 2 ** 30)
  expect(sharedElsewhere(numa, [0, 1])).toBe(0)
})

it('memory without processors is a node too; a kernel without NUMA has none', () => {
  const far = root({ ...node(0, '0-7', 0), ...node(2, '', 0), ...status('0-7', '0,2') })
  expect(readNuma(far)).toMatchObject({ nodes: [0, 2], cpus: [0], memory: [0, 2] })
  expect(readNuma(root(status('0-7', '0')))).toMatchObject({ nodes: [], cpus: [], memory: [] })
})

it('this host has what the kernel says', () => {
  const { nodes, cpus, memory } = readNuma()
  expect(nodes).toEqual(expect.arrayContaining(cpus))
  expect(nodes).toEqual(expect.arrayContaining(memory))
})

it('the node of a device; -1 and a device that is not there are unknown', () => {
  const devices = root({
    'sys/bus/pci/devices/0000:17:00.0/numa_node': '1\n',
    'sys/bus/pci/devices/0000:00:06.0/numa_node': '-1\n',
  })
  expect(['0000:17:00.0', '0000:00:06.0', '0000:ff:00.0'].map(bus => nodeOfDevice(bus, devices))).toEqual([
    1,
    undefined,
    undefined,
  ])
})
