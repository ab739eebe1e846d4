import { expect, it } from 'vitest'
import { parseGpuStates } from '../cuda/gpu-state.ts'
import type { Numa } from '../host/numa.ts'
import { judgeLinks, judgeNuma, usedGpus } from './gpu-connection.ts'

const links = (text: string) => judgeLinks(parseGpuStates(text, '/nowhere'))
const TMPFS = { point: '/mnt/checkpoint-ram', options: 'rw,size=16777216k,inode64' }
const TWO: Numa = {
  nodes: [0, 1],
  cpus: [0, 1],
  memory: [0, 1],
  shared: { 0: 12 * 2 ** 30, 1: 0 },
  cpuList: { 0: '0-15', 1: '16-31' },
}

it('a link as fast as the card is nothing to do', () =>
  expect(links('00000000:00:06.0, P0, 5, 5, 5, 16, 16\n')).toEqual({
    state: 'ok',
    found: 'PCIe 5.0 x16 of PCIe 5.0 x16, P0',
    remedy: undefined,
  }))

it('a link that is slow at rest is only said to be', () => {
  const { state, found, remedy } = links('00000000:17:00.0, P8, 1, 4, 4, 16, 16\n')
  expect({ state, found }).toEqual({ state: 'ok', found: 'PCIe 1.0 x16 of PCIe 4.0 x16, P8' })
  expect(remedy).toBe(
    'GPU 0000:17:00.0 rests, and a link at rest may be slower: a run reads it right after the first token',
  )
})

it.for([
  ['narrower at work', '00000000:17:00.0, P0, 4, 4, 4, 8, 16\n', 'the slot could do more'],
  ['an older generation at work', '00000000:17:00.0, P2, 3, 4, 4, 16, 16\n', 'the slot could do more'],
  ['in a slot that can do less, at rest too', '00000000:17:00.0, P8, 1, 3, 4, 16, 16\n', 'a slot that can do as much'],
] as const)('%s: says what to do, and lets a run start', ([, text, remedy]) => {
  const found = links(text)
  expect(found.state).toBe('ok')
  expect(found.remedy).toContain('GPU 0000:17:00.0 has a slower link than the card can')
  expect(found.remedy).toContain(remedy)
})

it('what nvidia-smi does not tell is not judged', () => {
  expect(links('')).toEqual({ state: 'ok', found: 'not known: nvidia-smi does not answer', remedy: undefined })
  expect(links('00000000:65:00.0, [N/A], [N/A], [N/A], [N/A], [N/A], [N/A]\n').remedy).toBeUndefined()
})

it('the GPUs that GPU_DEVICES names', () => {
  const all = parseGpuStates(
    '00000000:17:00.0, P0, 4, 4, 4, 16, 16\n00000000:65:00.0, P0, 4, 4, 4, 8, 16\n',
    '/nowhere',
  )
  expect(usedGpus({ gpuDevices: 'all' }, all)).toHaveLength(2)
  expect(judgeLinks(usedGpus({ gpuDevices: [0] }, all)).remedy).toBeUndefined()
  expect(judgeLinks(usedGpus({ gpuDevices: [1] }, all)).remedy).toContain('0000:65:00.0')
})

it('one node needs nothing', () =>
  expect(judgeNuma({ ...TWO, nodes: [0] }, [{ node: undefined }], TMPFS)).toEqual({
    state: 'ok',
    found: 'one node',
    remedy: undefined,
  }))

it('a run that may lie on another node than the GPU', () => {
  const { state, found, remedy } = judgeNuma(TWO, [{ node: 1 }], TMPFS)
  expect(state).toBe('ok')
  expect(found).toBe(
    '2 nodes, GPU on node 1; processes may run on 0-1, memory may come from 0-1; ' +
      'tmpfs holds 12.0 GiB on node 0, 0.0 GiB on node 1',
  )
  expect(remedy).toContain('numactl --cpunodebind=1 --membind=1 npx vitest bench')
  expect(remedy).toContain('PODMAN_ARGS="--cpuset-cpus=16-31 --cpuset-mems=1"')
})

it("a run that keeps to the GPU's node is right; a tmpfs bound to another one is not", () => {
  const kept = { ...TWO, cpus: [1], memory: [1] }
  expect(judgeNuma(kept, [{ node: 1 }], TMPFS).remedy).toBeUndefined()
  const bound = (policy: string) => judgeNuma(kept, [{ node: 1 }], { ...TMPFS, options: `rw,${policy},inode64` }).remedy
  expect(bound('mpol=bind:0')).toBe(
    '/mnt/checkpoint-ram puts its files on node 0, and the GPU is on node 1: mount -o remount,mpol=bind:1 ' +
      '/mnt/checkpoint-ram',
  )
  expect(bound('mpol=interleave=static:0-1')).toContain('puts its files on node 0-1')
  expect(bound('mpol=bind:1')).toBeUndefined()
  expect(bound('mpol=local')).toBeUndefined()
})

it('GPUs on several nodes, or on an unknown one, are only said', () => {
  expect(judgeNuma(TWO, [{ node: 0 }, { node: 1 }], TMPFS)).toMatchObject({
    found: expect.stringContaining('GPU on node 0-1'),
    remedy: undefined,
  })
  expect(judgeNuma(TWO, [{ node: undefined }], TMPFS)).toMatchObject({
    found: expect.stringContaining('GPU on an unknown one'),
    remedy: undefined,
  })
})
