import { expect, test } from 'vitest'
import { found, scene } from './facts.ts'
import { farMemory, pcieLink, powerState } from './gpu-connection.ts'

const link = (generation: number, width: number, performance: number, slot = { generation: 4, width: 16 }) => ({
  'pcie.generation': generation,
  'pcie.width': width,
  'pcie.slot.generation': slot.generation,
  'pcie.slot.width': slot.width,
  'pcie.card.generation': 4,
  'pcie.card.width': 16,
  'gpu.performance': performance,
})
const seen = (evidence: Record<string, number>) => scene([{ id: 'place', strategy: 'podman-in-place', evidence }])

test('a link that is slower than the card while the GPU works', () => {
  expect(found(pcieLink, seen(link(4, 8, 0))).place).toMatchObject({
    code: 'pcie-link-slow',
    evidence: 'PCIe 4.0 x8; the card supports PCIe 4.0 x16, its slot PCIe 4.0 x16',
    cost: null,
  })
  expect(found(pcieLink, seen(link(3, 16, 2))).place?.evidence).toContain('PCIe 3.0 x16; the card')
  expect(found(pcieLink, seen(link(4, 16, 0)))).toEqual({})
})

test('at rest only what the slot cannot give counts', () => {
  expect(found(pcieLink, seen(link(1, 16, 8)))).toEqual({})
  expect(found(pcieLink, seen(link(1, 16, 8, { generation: 3, width: 16 }))).place?.remedy).toContain('into a slot')
})

test('a GPU that is slow when it has just answered', () => {
  expect(found(powerState, seen(link(4, 16, 5))).place?.evidence).toContain('P5 right after the first token')
  expect(found(powerState, seen(link(4, 16, 2)))).toEqual({})
  expect(found(powerState, seen({}))).toEqual({})
})

test('shared memory on another node than the GPU', () => {
  const host = seen({}).run.host
  const facts = (bytes: number) =>
    scene([{ id: 'place', evidence: { 'numa.far_bytes': bytes } }], { host: { ...host, facts: { 'numa.gpu': '1' } } })
  expect(found(farMemory, facts(3.6e9)).place).toMatchObject({
    evidence: "3.60 GB of shared memory are on other nodes than 1, the GPU's",
    remedy: expect.stringContaining('--membind=1'),
  })
  expect(found(farMemory, facts(1e6))).toEqual({})
  expect(found(farMemory, seen({}))).toEqual({})
})
