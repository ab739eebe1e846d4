import { expect, test } from 'vitest'
import { run, trials } from '../testing/recorded/builders.ts'
import { missingEffects } from './effects.ts'
import { summarize } from './summary.ts'

const COLD = [1, 1.02, 1.01, 1.03]
const first = (id: string, tffts: number[], firstToken: number) =>
  trials(tffts, { scenario: id, strategy: id === 'cold' ? 'cold' : 'podman-in-place' }).map(one => ({
    ...one,
    phases: [
      { name: 'start', start: 0, duration: one.total_cold_start_tfft! - firstToken },
      { name: 'first-token', start: one.total_cold_start_tfft! - firstToken, duration: firstToken },
    ],
  }))

function report(restored: number[], firstToken = 0.1) {
  const id = 'podman-in-place/mapped'
  const asked = run(
    [
      { id: 'cold', baseline: true },
      { id, strategy: 'podman-in-place' },
    ],
    { iterations: 4 },
  )
  return summarize(asked, [...first('cold', COLD, 0.1), ...first(id, restored, firstToken)])
}

test('an interval wholly on one side of 1 is an effect', () => {
  const faster = report([0.5, 0.52, 0.51, 0.49])
  const slower = report([2, 2.1, 2.2, 2.05])
  const id = 'podman-in-place/mapped'
  expect(missingEffects(faster, { faster: [id] })).toEqual([])
  expect(missingEffects(slower, { slower: [id] })).toEqual([])
  expect(missingEffects(faster, { slower: [id] })).toEqual([
    expect.stringContaining(`${id} must be slower than its baseline, but its speedup is `),
  ])
  expect(missingEffects(slower, { faster: [id] })).toEqual([expect.stringContaining('must be faster')])
})

test('an interval that contains 1 is none', () => {
  const same = report([0.8, 1.2, 1.01, 0.9])
  expect(missingEffects(same, { faster: ['podman-in-place/mapped'] })).toHaveLength(1)
  expect(missingEffects(same, { slower: ['podman-in-place/mapped'] })).toHaveLength(1)
})

test('a scenario that was not measured, or is the baseline, shows nothing', () =>
  expect(missingEffects(report([0.5, 0.5, 0.5, 0.5]), { faster: ['cold'], slower: ['podman-import/zstd'] })).toEqual([
    'cold is compared with nothing in this run, but must be faster than its baseline',
    'podman-import/zstd is compared with nothing in this run, but must be slower than its baseline',
  ]))

test('a first token that comes much sooner than that of a cold server is suspect', () => {
  expect(missingEffects(report([0.5, 0.5, 0.5, 0.5], 0.07), { firstToken: 0.6 })).toEqual([])
  expect(missingEffects(report([0.5, 0.5, 0.5, 0.5], 0.05), { firstToken: 0.6 })).toEqual([
    'podman-in-place/mapped: its first token takes 0.050 s, less than 0.6 of the 0.100 s of cold: ' +
      'did the server remember the question?',
  ])
})
