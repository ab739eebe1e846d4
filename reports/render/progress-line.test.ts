import { describe, expect, it } from 'vitest'
import { duration, progressLine } from './progress-line.ts'

const progress = {
  scenario: 'podman-in-place.storage-tmpfs-huge',
  trial: 7,
  of: 40,
  phase: 'criu.restore',
  began: 100,
  finished: [
    { scenario: 'cold', seconds: 4 },
    { scenario: 'cold', seconds: 6 },
    { scenario: 'runtime-direct', seconds: 5 },
  ],
  ahead: ['cold', 'cold'],
}

describe('progressLine', () => {
  it('says scenario, trial of how many, phase, seconds so far and time left', () => {
    expect(progressLine(progress, 102.34)).toBe(
      ' 7/40  podman-in-place.storage-tmpfs-huge · criu.restore · 2.3 s · 13 s left',
    )
  })
  it('takes what was not tried yet for as long as the latest trial', () => {
    expect(
      progressLine(
        {
          ...progress,
          finished: [
            { scenario: 'cold', seconds: 50 },
            { scenario: 'runtime-direct', seconds: 2 },
          ],
          ahead: ['podman-import', 'cold'],
        },
        101,
      ),
    ).toMatch(/ 53 s left$/)
  })
  it('promises nothing before a trial has ended, nor while a cold start is all that it knows', () => {
    expect(progressLine({ ...progress, finished: [] }, 101)).not.toContain('left')
    expect(progressLine({ ...progress, finished: [{ scenario: 'cold', seconds: 50 }] }, 101)).not.toContain('left')
    expect(progressLine({ ...progress, scenario: 'cold', finished: [{ scenario: 'cold', seconds: 50 }] }, 101)).toMatch(
      / 2 min 29 s left$/,
    )
  })
  it('never is wider than the terminal, and gives up the scenario before the time', () => {
    for (const columns of [20, 40, 60, 80])
      expect(progressLine(progress, 102, columns).length).toBeLessThanOrEqual(columns)
    expect(progressLine(progress, 102, 60)).toContain('13 s left')
    const long = {
      ...progress,
      scenario: 'podman-in-place.checkpoint-at-asleep-2.storage-tmpfs-huge.thp-always.weights-tmpfs.pages-mapped',
    }
    expect(progressLine(long, 102, 80)).toMatch(
      /^ 7\/40 {2}podman-in\S*…\S*pages-mapped · criu\.restore · 2\.0 s · 13 s left$/,
    )
    expect(progressLine(long, 102, Infinity)).toContain(long.scenario)
  })
})

it('duration', () => {
  expect([0, 59.6, 200, 4000].map(duration)).toEqual(['0 s', '1 min', '3 min 20 s', '1 h 7 min'])
})
