import { describe, expect, it, test } from 'vitest'
import { summarize } from '../../analysis/summary.ts'
import { run, trials } from '../../testing/recorded/builders.ts'
import { cards, shortName, subject } from './subject.ts'

const LONG = 'podman-in-place.checkpoint-at-asleep-2.storage-tmpfs-huge'

test('a name stays, an id that lists its settings is called by its strategy', () => {
  expect(['podman-in-place/best', 'cold', LONG].map(shortName)).toEqual([
    'podman-in-place/best',
    'cold',
    'podman-in-place',
  ])
})

test('cards of a kind are counted, others stay apart', () => {
  expect(cards('NVIDIA H200 143771 MiB')).toBe('NVIDIA H200')
  expect(cards('NVIDIA H200 143771 MiB + NVIDIA H200 143771 MiB + NVIDIA A10 23028 MiB')).toBe(
    '2 x NVIDIA H200 + NVIDIA A10',
  )
})

describe('the subject of a page', () => {
  const strategy = 'podman-in-place' as const
  const report = summarize(
    run([
      { id: 'cold', baseline: true },
      { id: LONG, strategy },
    ]),
    [...trials([1, 1, 1, 1]), ...trials([0.5, 0.5, 0.5, 0.5], { scenario: LONG, strategy })],
  )
  const on = (gpu: string | null, fastest = report.scenarios[1]) =>
    subject({ ...report, host: { ...report.host, fingerprint: { ...report.host.fingerprint, gpu } } }, fastest)
  it('names the GPU, and what was compared with what', () => {
    expect(on('NVIDIA A10 23028 MiB')).toMatch(/ with .+ on NVIDIA A10: podman-in-place against cold$/)
  })
  it('says where nothing was compared', () => {
    const alone = summarize(run([{ id: LONG, strategy }]), trials([1, 1, 1, 1], { scenario: LONG, strategy }))
    expect(subject(alone, alone.scenarios[0])).toMatch(/podman-in-place, without a cold start to compare with$/)
  })
  it('says that there is no GPU, and that nothing beat the baseline', () => {
    expect(on(null, report.scenarios[0])).toMatch(/, no GPU( \(.+\))?: cold, the baseline, was fastest$/)
  })
})
