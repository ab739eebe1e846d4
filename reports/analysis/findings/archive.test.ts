import { describe, expect, it } from 'vitest'
import { recorded } from '../../testing/recorded/builders.ts'
import { archiveReadAgain } from './archive-passes.ts'
import { compression } from './compression.ts'
import { factsOf, found, scene } from './facts.ts'
import { imagesOnDisk } from './images-on-disk.ts'

const { run, trials } = recorded('made-up')
const facts = factsOf(run, trials)
const without = (...keys: string[]) =>
  factsOf(
    run,
    trials.map(trial => ({
      ...trial,
      evidence: Object.fromEntries(Object.entries(trial.evidence).filter(([key]) => !keys.includes(key))),
    })),
  )

describe('the archive is read three times', () => {
  it('fires for every import, with the seconds of its passes, and proposes the faster restore in place', () => {
    const all = found(archiveReadAgain, facts)
    expect(Object.keys(all)).toEqual([
      'podman-import.compress-zstd',
      'podman-import.compress-gzip',
      'podman-import.compress-none',
    ])
    const zstd = all['podman-import.compress-zstd']!
    const phases = facts.report.scenarios
      .find(scenario => scenario.id === 'podman-import.compress-zstd')!
      .phases.filter(phase => phase.name.startsWith('archive.'))
    expect(zstd.cost).toBeCloseTo(
      phases.reduce((sum, phase) => sum + phase.p50, 0),
      6,
    )
    expect(zstd.message).toContain('three times')
    expect(zstd.evidence).toMatch(/^archive\.find-runtime \d.*archive\.unpack \d.* 1\.13 GB each time$/)
    expect(zstd.remedy).toMatch(
      /`podman container restore --keep NAME` \(podman-in-place\S+disk took \d\.\d\d s in .*, \d.*x as fast\)/,
    )
  })
  it('says so where the one that was faster has more than the commands give', () => {
    const mapped = factsOf(
      run,
      trials.filter(({ scenario }) => scenario !== 'podman-in-place.storage-disk'),
    )
    expect(found(archiveReadAgain, mapped)['podman-import.compress-zstd']!.remedy).toContain(
      ' (with further settings, podman-in-place.',
    )
  })
  it('proposes no scenario that this run does not show to be faster', () => {
    const alone = found(
      archiveReadAgain,
      factsOf(
        run,
        trials.filter(trial => trial.strategy === 'podman-import'),
      ),
    )
    expect(alone['podman-import.compress-zstd']!.remedy).not.toContain('in this run')
  })
  it('is silent where the archive was read once, or nobody watched it', () => {
    expect(archiveReadAgain(without('archive.passes'))).toEqual([])
    expect(
      archiveReadAgain(
        factsOf(
          run,
          trials.map(trial => ({ ...trial, evidence: { ...trial.evidence, 'archive.passes': 1 } })),
        ),
      ),
    ).toEqual([])
  })
})

describe('images on disk', () => {
  it(
    'fires for an import that unpacks longer than it reads, and for a restore in place that is slower ' +
      'than from tmpfs',
    () => {
      const all = found(imagesOnDisk, facts)
      expect(all['podman-import.compress-none']?.cost).toBeGreaterThan(0.3)
      expect(all['podman-in-place.storage-disk']).toMatchObject({
        code: 'images-on-disk',
        message: 'CRIU reads its images from disk',
      })
      expect(all['podman-in-place.storage-disk']?.evidence).toContain('from tmpfs')
      expect(all['podman-in-place.storage-disk']?.cost).toBeGreaterThan(0.1)
    },
  )
  it('is silent for images in memory, where the disk is as fast, and without evidence', () => {
    expect(found(imagesOnDisk, facts)['podman-in-place.storage-tmpfs']).toBeUndefined()
    const same = ['disk', 'tmpfs'].map(storage => ({
      id: storage,
      strategy: 'podman-in-place' as const,
      settings: { storage },
      evidence: { 'images.storage': storage },
    }))
    expect(imagesOnDisk(scene(same))).toEqual([])
    expect(imagesOnDisk(without('images.storage'))).toEqual([])
  })
})

describe('compression that does not pay', () => {
  it('fires where the same archive without compression came back faster', () => {
    const all = found(compression, facts)
    expect(Object.keys(all)).toEqual(['podman-import.compress-zstd', 'podman-import.compress-gzip'])
    expect(all['podman-import.compress-zstd']).toMatchObject({
      remedy: expect.stringContaining('--compress=none'),
      evidence: expect.stringContaining('1.13 GB in place of 1.24 GB'),
    })
    expect(all['podman-import.compress-gzip']!.cost).toBeGreaterThan(all['podman-import.compress-zstd']!.cost!)
  })
  it('is silent where compression pays, where no plain archive was measured, and without evidence', () => {
    const pays = [
      ['zstd', 1],
      ['none', 2],
    ].map(([compress, seconds]) => ({
      id: String(compress),
      strategy: 'podman-import' as const,
      settings: { compress: compress! },
      phases: { 'archive.unpack': Number(seconds) },
      evidence: { 'archive.compression': compress! },
    }))
    expect(compression(scene(pays))).toEqual([])
    expect(compression(scene(pays.slice(0, 1)))).toEqual([])
    expect(compression(without('archive.compression'))).toEqual([])
  })
})
