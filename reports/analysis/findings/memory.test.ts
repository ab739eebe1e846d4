import { describe, expect, it } from 'vitest'
import { recorded, run } from '../../testing/recorded/builders.ts'
import { criuLog } from './criu-log.ts'
import { cudaProcesses, cudaRestore } from './cuda.ts'
import { factsOf, found, scene } from './facts.ts'
import { fullTmpfs } from './full-tmpfs.ts'
import { kvCache, weights } from './gpu-memory.ts'
import { hugePages } from './huge-pages.ts'
import { kernelProbe } from './kernel-probe.ts'
import { pageReads } from './page-reads.ts'

const strategy = 'podman-in-place' as const
const vllm = { engine: { ...run([]).engine, name: 'vllm' } }
const host = (facts: Record<string, number | string>) => ({ host: { ...run([]).host, facts } })
const checkpoint = (bytes: number) => ({ bytes, pages: Math.round(bytes / 4096), create_time: 1 })
const at = (checkpointAt: string, seconds: number, bytes: number) => ({
  id: `place.${checkpointAt}`,
  strategy,
  settings: { checkpointAt },
  phases: { 'criu.restore': seconds },
  checkpoint: checkpoint(bytes),
})
const made = recorded('made-up')
const recordedFacts = factsOf(made.run, made.trials)

describe('KV cache and weights inside the checkpoint', () => {
  const awake = at('warmed-up', 7, 7.2e9)
  it('fire for vLLM by when the checkpoint was taken, with the seconds that leaving them out saved', () => {
    const facts = scene([awake, at('asleep-1', 4, 5e9), at('asleep-2', 2.6, 1.9e9)], vllm)
    expect(found(kvCache, facts)).toMatchObject({
      'place.warmed-up': {
        code: 'kv-cache-in-checkpoint',
        evidence: expect.stringContaining('7.20 GB, taken warmed-up'),
        remedy: expect.stringContaining('level=1'),
      },
    })
    expect(found(kvCache, facts)['place.warmed-up']!.cost).toBeCloseTo(3, 1)
    expect(Object.keys(found(weights, facts))).toEqual(['place.warmed-up', 'place.asleep-1'])
    expect(found(weights, facts)['place.asleep-1']!.cost).toBeCloseTo(1.4, 1)
  })
  it('estimate by bytes where only their size is known', () => {
    const facts = scene([{ ...awake, evidence: { 'checkpoint.kv_bytes': 3.6e9 } }])
    expect(found(kvCache, facts)['place.warmed-up']!.cost).toBeCloseTo(3.5, 1)
    expect(found(weights, facts)).toEqual({})
  })
  it('know that the bytes of a compressed archive are not those of what is in it', () => {
    const archive = {
      id: 'import',
      strategy: 'podman-import' as const,
      phases: { 'archive.unpack': 100, 'criu.restore': 20 },
      checkpoint: { bytes: 3.7e9, pages: 6_337_265, create_time: 1 },
      evidence: { 'checkpoint.kv_bytes': 17.3e9, 'checkpoint.weights_bytes': 3.2e9 },
    }
    expect(found(kvCache, scene([archive]))['import']).toMatchObject({
      evidence: 'checkpoint of 26.0 GB, taken warmed-up, 67 % of it KV cache',
      cost: expect.closeTo(80, 0),
    })
    expect(found(weights, scene([archive]))['import']!.cost).toBeCloseTo(14.8, 1)
  })
  it('are silent for what was dropped, where dropping gained nothing, and for an engine that says nothing', () => {
    expect(kvCache(scene([at('asleep-1', 4, 5e9)], vllm))).toEqual([])
    expect(weights(scene([at('asleep-2', 2.6, 1.9e9)], vllm))).toEqual([])
    expect(weights(scene([awake, at('asleep-2', 9, 1.9e9)], vllm))).toEqual([])
    expect([
      ...kvCache(scene([awake])),
      ...weights(scene([awake])),
      ...kvCache(recordedFacts),
      ...weights(recordedFacts),
    ]).toEqual([])
  })
})

describe('transparent huge pages', () => {
  const evidence = (thp: string, pages = 300_000) => ({ thp, 'criu.pages_restored': pages })
  it('off: fires with what a measured "always" saved, and without a cost where it was not measured', () => {
    const both = scene([
      { id: 'off', strategy, phases: { 'criu.restore': 4.5 }, evidence: evidence('madvise') },
      { id: 'on', strategy, settings: { thp: 'always' }, phases: { 'criu.restore': 3 }, evidence: evidence('always') },
    ])
    expect(found(hugePages, both)['off']!.cost).toBeCloseTo(1.5, 1)
    expect(found(hugePages, recordedFacts)['podman-in-place.storage-tmpfs']).toMatchObject({
      code: 'huge-pages-off',
      cost: null,
      remedy: expect.stringContaining('echo always'),
    })
  })
  it('silent where they are on, where little memory comes back, and without evidence', () => {
    expect(
      hugePages(
        scene([
          { id: 'a', strategy, evidence: evidence('always') },
          { id: 'b', strategy, evidence: evidence('never', 1000) },
          { id: 'c', strategy },
        ]),
      ),
    ).toEqual([])
  })
})

describe('page reads below what memory can do', () => {
  const facts = (seconds: number, bandwidth: number | undefined, storage = 'tmpfs') =>
    scene(
      [
        {
          id: 'a',
          strategy,
          phases: { 'criu.restore': seconds },
          evidence: { 'criu.pages_restored': 1_000_000, 'images.storage': storage },
        },
      ],
      host(bandwidth === undefined ? {} : { 'memory.read_bandwidth': bandwidth }),
    )
  it('fires with the difference to reading at that speed', () => {
    expect(found(pageReads, facts(2, 8.192e9))['a']).toMatchObject({
      cost: 1.5,
      evidence: expect.stringContaining('2.05 GB/s; one thread reads 8.19 GB/s here (25 %)'),
      remedy: expect.stringContaining('huge=always'),
    })
    expect(found(pageReads, facts(2, 8.192e9, 'tmpfs-huge'))['a']!.remedy).toContain('mapped')
    expect(found(pageReads, recordedFacts)['podman-in-place.storage-tmpfs']?.cost).toBeGreaterThan(0.1)
  })
  it('is silent near that speed, from disk, and where the memory was not measured', () => {
    expect([
      ...pageReads(facts(0.6, 8.192e9)),
      ...pageReads(facts(2, 8.192e9, 'disk')),
      ...pageReads(facts(2, undefined)),
    ]).toEqual([])
  })
})

describe("CRIU's log level", () => {
  const lines = (count: number, parts = host({ 'log.line_time': 4e-6 })) =>
    scene([{ id: 'a', strategy, phases: { 'criu.restore': 2 }, evidence: { 'criu.log_lines': count } }], parts)
  it('fires by the lines of a restore and what a line costs here', () => {
    expect(found(criuLog, lines(50_000))['a']).toMatchObject({
      cost: expect.closeTo(0.2, 6),
      evidence: '50000 lines, each a write of about 4.0 µs here: 0.20 s of 2.00 s (10 %)',
      remedy: expect.stringContaining('log-file=/dev/null'),
    })
  })
  it('is silent for a few lines, and where a line was not measured', () => {
    expect([...criuLog(lines(1500)), ...criuLog(lines(50_000, host({}))), ...criuLog(recordedFacts)]).toEqual([])
  })
})

describe('CRIU asking the kernel', () => {
  const asked = (seconds: number, parts = {}) =>
    scene([{ id: 'a', strategy, phases: { 'criu.restore': 0.2 }, evidence: { 'criu.probe_time': seconds } }], parts)
  it('fires with what it took, and names the CRIU that asks', () => {
    expect(found(kernelProbe, asked(0.05, host({ 'criu.folder': '/opt/criu' })))['a']).toMatchObject({
      cost: 0.05,
      evidence: '/run is not a tmpfs, so nothing is kept in /run/criu.kdat: 0.050 s of 0.20 s (25 %)',
      remedy: expect.stringContaining('/opt/criu/criu check'),
    })
    expect(found(kernelProbe, asked(0.05))['a']!.remedy).toContain(' criu check')
  })
  it('is silent where the answer was kept, where it is nothing beside the rest, and without evidence', () => {
    expect([...kernelProbe(asked(0)), ...kernelProbe(asked(0.003)), ...kernelProbe(recordedFacts)]).toEqual([])
  })
})

describe('the CUDA restore', () => {
  const facts = (seconds: number, parts = host({ 'pcie.bandwidth': 50e9 }), evidence = {}) =>
    scene(
      [
        {
          id: 'a',
          strategy,
          phases: { 'criu.restore': 1, 'cuda.restore': seconds },
          checkpoint: checkpoint(5e9),
          evidence,
        },
      ],
      parts,
    )
  it('far below PCIe: fires with the difference to the bus', () => {
    expect(found(cudaRestore, facts(1.1))['a']).toMatchObject({
      cost: 1,
      evidence: expect.stringContaining('at most 5.00 GB in 1.10 s'),
    })
    expect(found(cudaRestore, facts(1.1, undefined, { 'cuda.bytes': 2.5e9 }))['a']!.cost).toBeCloseTo(1.05, 6)
  })
  it('far below PCIe, asleep already: does not propose what is done', () => {
    const remedy = (settings: object) =>
      found(
        cudaRestore,
        scene(
          [
            {
              id: 'a',
              strategy,
              settings: { checkpointAt: 'asleep-2', ...settings },
              phases: { 'criu.restore': 1, 'cuda.restore': 0.36 },
              evidence: { 'cuda.bytes': 1.4e9 },
            },
          ],
          host({ 'pcie.bandwidth': 63e9 }),
        ),
      )['a']!.remedy
    expect(remedy({ checkpointAt: 'warmed-up' }), 'not of vLLM alone').toContain('SLEEP_REQUEST')
    expect(remedy({ checkpointAt: 'asleep-1' })).not.toContain('SLEEP_REQUEST')
    expect(remedy({ weights: 'tmpfs' })).toContain("graphs: 'tmpfs'")
    expect(remedy({ weights: 'tmpfs', graphs: 'tmpfs' })).toContain('npx vitest bench resident')
    const eager = remedy({ weights: 'tmpfs', eager: true })
    expect(eager, 'eager servers have no graphs').not.toContain('graphs')
    expect(eager).toContain('npx vitest bench resident')
    expect(remedy({ eager: true, checkpointAt: 'warmed-up' })).toContain('SLEEP_REQUEST')
  })
  it("far below PCIe, by CRIU's plugin: what helps without it, and the way that it goes", () => {
    const remedy = (settings: Record<string, string>) =>
      found(
        cudaRestore,
        scene(
          [
            {
              id: 'a',
              strategy,
              settings,
              phases: { 'criu.restore': 1, 'cuda.restore': 1.1 },
              checkpoint: checkpoint(5e9),
            },
          ],
          host({ 'pcie.bandwidth': 50e9 }),
        ),
      )['a']!.remedy
    for (const settings of [{ checkpointAt: 'asleep-2' }, { checkpointAt: 'warmed-up' }]) {
      const without = remedy(settings)
      expect(without).not.toContain('plugin')
      expect(remedy({ ...settings, cuda: 'criu-plugin' })).toMatch(/ the driver itself$/)
      expect(remedy({ ...settings, cuda: 'criu-plugin' }).startsWith(without)).toBe(true)
    }
  })
  it('silent near the bus, and where the bus or the GPU is unknown', () => {
    expect([...cudaRestore(facts(0.15)), ...cudaRestore(facts(1.1, host({}))), ...cudaRestore(recordedFacts)]).toEqual(
      [],
    )
  })
  it('one process a step: fires with what the starts cost', () => {
    const evidence = { 'cuda.tool': 'cuda-checkpoint', 'cuda.tool_starts': 6, 'cuda.tool_start_time': 0.2 }
    expect(found(cudaProcesses, facts(1, undefined, evidence))['a']!.cost).toBeCloseTo(1.2, 6)
    expect(
      found(cudaProcesses, facts(1, undefined, { 'cuda.tool': 'cuda-checkpoint', 'cuda.tool_starts': 6 }))['a']!.cost,
    ).toBeNull()
  })
  it('silent for one process that calls the driver, and without evidence', () => {
    expect([
      ...cudaProcesses(facts(1, undefined, { 'cuda.tool': 'driver-api', 'cuda.tool_starts': 1 })),
      ...cudaProcesses(facts(1)),
      ...cudaProcesses(recordedFacts),
    ]).toEqual([])
  })
})

describe('a tmpfs nearly full', () => {
  const facts = (size: number, free?: number) =>
    scene([
      {
        id: 'a',
        strategy,
        checkpoint: checkpoint(5e9),
        evidence: { 'tmpfs.size': size, ...(free !== undefined && { 'tmpfs.free': free }) },
      },
    ])
  it('fires by the checkpoint or by all that lies there', () => {
    expect(found(fullTmpfs, facts(6e9))['a']).toMatchObject({
      evidence: expect.stringContaining('83 % of a tmpfs of 6.00 GB'),
      remedy: expect.stringContaining('size=7g'),
    })
    expect(found(fullTmpfs, facts(20e9, 1e9))['a']!.evidence).toContain('95 %')
  })
  it('advises no size that the memory of the host does not allow', () =>
    expect(found(fullTmpfs, facts(20e9, 1e9))['a']!.remedy).toMatch(/^dump less .* 16.0 GB of host memory allow no/))
  it('is silent with room to spare, for a checkpoint on disk, and without evidence', () => {
    const onDisk = scene([
      { id: 'a', strategy, checkpoint: checkpoint(5e9), evidence: { 'tmpfs.size': 6e9, 'images.storage': 'disk' } },
    ])
    expect([...fullTmpfs(facts(20e9, 15e9)), ...fullTmpfs(onDisk), ...fullTmpfs(recordedFacts)]).toEqual([])
  })
})
