import { describe, expect, it } from 'vitest'
import { compareVersions } from '../../../helpers/core/versions.ts'
import { recorded, run } from '../../testing/recorded/builders.ts'
import { factsOf, found, scene } from './facts.ts'
import { firstRun } from './first-run.ts'
import { findings } from './index.ts'
import { knownDefects } from './known-defects.ts'
import { noisyHost } from './noisy-host.ts'
import { unattributed } from './unattributed.ts'
import { unfairBaseline } from './unfair-baseline.ts'

const made = recorded('made-up')
const recordedFacts = factsOf(made.run, made.trials)
const strategy = 'podman-in-place' as const

describe('an unfair baseline', () => {
  const phases = { 'engine.imports': 30, 'engine.compile': 40, 'engine.graphs': 10, 'first-token': 1 }
  const cold = (evidence: Record<string, string>) => ({ id: 'cold', baseline: true, phases, evidence })
  const place = { id: 'place', strategy, phases: { 'criu.restore': 3 } }
  it('with a cold compile cache: fires and says what the speedup would be without', () => {
    const one = found(unfairBaseline, scene([cold({ compile_cache: 'cold' }), place]))['cold']!
    expect(one).toMatchObject({
      code: 'unfair-baseline',
      evidence: expect.stringContaining('place would be 13.7x and not 27.0x'),
    })
    expect(one.cost).toBeCloseTo(40, 6)
  })
  it('with graphs against an eager restore: fires', () => {
    const one = found(
      unfairBaseline,
      scene([cold({ compile_cache: 'warm' }), { ...place, settings: { eager: true } }]),
    )['cold']!
    expect(one.message).toContain('CUDA graphs')
    expect(one.cost).toBeCloseTo(50, 6)
  })
  it('is silent for warm caches and the same flags, and without a restore to flatter', () => {
    expect(unfairBaseline(scene([cold({ compile_cache: 'warm' }), place]))).toEqual([])
    expect(unfairBaseline(scene([cold({ compile_cache: 'cold' })]))).toEqual([])
    expect(
      unfairBaseline(
        scene([cold({ compile_cache: 'warm' }), { ...place, strategy: 'cold', settings: { eager: true } }]),
      ),
    ).toEqual([])
    expect(unfairBaseline(recordedFacts)).toEqual([])
  })
})

describe('a first run that stands out', () => {
  it('fires with the difference to the others', () => {
    expect(found(firstRun, scene([{ id: 'a', tfft: [31, 2, 3, 2.5] }]))['a']).toMatchObject({
      cost: 28.5,
      evidence: '31.0 s, then 2.00 to 3.00 s',
    })
  })
  it('is silent for a slow one later, for a little slower one, and for too few trials', () => {
    expect(
      firstRun(
        scene([
          { id: 'a', tfft: [2, 31, 3, 2.5] },
          { id: 'b', tfft: [3, 2.5, 2.4, 2.6] },
          { id: 'c', tfft: [31, 2, 3] },
        ]),
      ),
    ).toEqual([])
    expect(firstRun(recordedFacts)).toEqual([])
  })
})

describe('a noisy host', () => {
  it('fires for trials far apart, for load, and for other processes on the GPU', () => {
    expect(found(noisyHost, scene([{ id: 'a', tfft: [1, 1, 1.2, 1.5, 1] }]))['run']!.evidence).toContain(
      'a 1.00–1.50 s, 50 % of its median',
    )
    expect(found(noisyHost, scene([{ id: 'a', evidence: { 'load.before': 1.9 } }]))['run']).toMatchObject({
      message: expect.stringContaining('busy'),
      evidence: 'load 1.90 per core before a trial',
    })
    expect(
      found(noisyHost, scene([{ id: 'a' }], { host: { ...run([]).host, facts: { 'gpu.other_processes': 2 } } }))['run'],
    ).toMatchObject({
      evidence: '2 other processes on the GPU when the run began',
      remedy: expect.stringContaining('nvidia-smi'),
    })
  })
  it(
    'is silent on a quiet host and for the load of the suite itself, and leaves a slow first trial to ' +
      'its own rule',
    () => {
      expect(noisyHost(recordedFacts)).toEqual([])
      expect(noisyHost(scene([{ id: 'a', evidence: { 'load.before': 1.1 } }]))).toEqual([])
      expect(noisyHost(scene([{ id: 'a', tfft: [5, 1, 1, 1, 1] }]))).toEqual([])
    },
  )
})

describe('unattributed time', () => {
  it('fires above 5 % of TFFT', () => {
    const one = found(unattributed, scene([{ id: 'a', phases: { 'criu.restore': 0.9 }, unattributed: 0.1 }]))['a']!
    expect(one.cost).toBeCloseTo(0.1, 6)
    expect(one.evidence).toContain('10 %')
  })
  it('is silent below', () => {
    expect(unattributed(scene([{ id: 'a', phases: { 'criu.restore': 0.97 }, unattributed: 0.03 }]))).toEqual([])
    expect(unattributed(recordedFacts)).toEqual([])
  })
})

describe('known defects', () => {
  const facts = (fingerprint: Record<string, string>, host = {}) =>
    factsOf(run([], { host: { ...run([]).host, fingerprint, facts: host } }), [])
  it('fire for a CRIU on a kernel it does not know, and for a driver', () => {
    expect(found(knownDefects, facts({ criu: '3.17.1', kernel: '6.18.5-cloud' }))['run']!.message).toContain('vDSO')
    expect(found(knownDefects, facts({ kernel: '6.18.5' }, { 'criu.version': '4.1.1' }))['run']!.code).toBe(
      'known-defect-criu',
    )
    expect(found(knownDefects, facts({}, { 'driver.version': '550.54.14' }))['run']!.message).toContain(
      'no checkpoint driver API',
    )
    expect(found(knownDefects, facts({ driver: '595.71.05' }))['run']!.source).toContain('cuda-checkpoint/issues/53')
  })
  it('are silent for good versions, for an old CRIU on a kernel it knows, and where no version is known', () => {
    for (const host of [
      facts({ criu: '4.2.1', kernel: '6.18.5', driver: '580.159.04' }),
      facts({ criu: '3.17.1', kernel: '6.1.0' }),
      facts({}),
      recordedFacts,
    ])
      expect(knownDefects(host)).toEqual([])
  })
  it('compares versions by number', () => {
    expect(compareVersions('4.10', '4.9')).toBeGreaterThan(0)
    expect(compareVersions('6.18.5-cloud', '6.18')).toBeGreaterThan(0)
    expect(compareVersions('4.2', '4.2.0')).toBe(0)
  })
})

describe('findings', () => {
  it('stand by cost, those without one last, and a shared cause is one of them', () => {
    const all = findings(made.run, recordedFacts.report, made.trials)
    expect(all[0]).toMatchObject({
      code: 'archive-read-again',
      evidence: expect.stringMatching(/Also podman-import\.compress-zstd \(\d\.\d\d s\), podman-import\.compress-none/),
    })
    expect(all.filter(one => one.code === 'archive-read-again')).toHaveLength(1)
    const costs = all.map(one => one.cost ?? -1)
    expect(costs).toEqual(costs.toSorted((a, b) => b - a))
    expect(recordedFacts.report.findings).toEqual(all)
  })
})

describe('real runs', () => {
  const codes = (name: 'without-gpu' | 'busy-host' | 'without-criu-log') => {
    const { run: asked, trials: measured } = recorded(name)
    return Object.fromEntries(
      findings(asked, factsOf(asked, measured).report, measured).map(({ code, evidence }) => [code, evidence]),
    )
  }
  it('on a quiet host: what podman does with an archive, and one cold first start', () => {
    const found = codes('without-gpu')
    expect(Object.keys(found)).toEqual([
      'archive-read-again',
      'first-run-stands-out',
      'compression-does-not-pay',
      'images-on-disk',
      'noisy-host',
    ])
  })
  it('on a busy one: that too, with the load and a tmpfs nearly full', () => {
    const found = codes('busy-host')
    expect(Object.keys(found).toSorted()).toEqual([
      'archive-read-again',
      'compression-does-not-pay',
      'first-run-stands-out',
      'huge-pages-off',
      'images-on-disk',
      'noisy-host',
      'tmpfs-nearly-full',
    ])
    expect(found['noisy-host']).toMatch(/; 7 more scenarios like that; load 4\.\d\d per core before a trial$/)
    expect(found['tmpfs-nearly-full']).toContain('87 % of a tmpfs of 1.37 GB used')
  })
  it("without CRIU's log: nothing says where the time of the restore went", () => {
    expect(codes('without-criu-log')['unattributed-time']).toContain('(100 %) belong to no phase')
  })
})
