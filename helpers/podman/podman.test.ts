import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Problem } from '../core/problem.ts'
import { corruptText, corruptValue, orItsOwnError } from '../testing/corrupt.ts'
import { parseCriuStatistics, parseTimedLog, restoredContainerId } from './podman.ts'

/** As podman 4.3.1 printed it. */
const STATISTICS = {
  podman_restore_duration: 604_705,
  container_statistics: [
    {
      Id: 'ab'.repeat(32),
      runtime_restore_duration: 332_160,
      criu_statistics: { forking_time: 41_212, restore_time: 205_903, pages_restored: 31_337 },
    },
  ],
}
const LOG = '2026-11-24T03:38:49.123456789Z srv  load_model: loading\n2026-11-24T03:38:50.5+01:00 main: listening\n'

describe('statistics', () => {
  test('durations are seconds, counts are counts', () => {
    expect(parseCriuStatistics(JSON.stringify(STATISTICS))).toEqual({
      podman: 0.604705,
      runtime: 0.33216,
      criu: { forking_time: 0.041212, restore_time: 0.205903, pages_restored: 31_337 },
    })
  })
  test('null, as podman prints it for a checkpoint that failed, is a Problem', () => {
    expect(() => parseCriuStatistics('{"podman_checkpoint_duration": 1, "container_statistics": null}')).toThrow(
      'podman printed no statistics',
    )
  })
  test('whatever podman prints: figures or a Problem', () =>
    fc.assert(
      fc.property(
        fc.oneof(
          corruptText(JSON.stringify(STATISTICS, undefined, 4)),
          corruptValue(STATISTICS).map(value => JSON.stringify(value) ?? ''),
        ),
        printed => {
          const read = orItsOwnError(Problem, () => parseCriuStatistics(printed))
          for (const figure of Object.values(read?.criu ?? {})) expect(Number.isFinite(figure)).toBe(true)
          const id = restoredContainerId(printed)
          if (id !== undefined) expect(id).toMatch(/^[0-9a-f]{64}$/)
        },
      ),
      { numRuns: 500 },
    ))
})

describe('timed log', () => {
  test('lines in the order of time, with their zone and fraction', () => {
    expect(
      parseTimedLog(LOG).map(({ at, text }) => [at - Date.parse('2026-11-24T02:38:50Z'), text.slice(0, 4)]),
    ).toEqual([
      [500, 'main'],
      [expect.closeTo(3_599_123.456, 2), 'srv '],
    ])
  })
  test('whatever stands there: lines with a time, sorted; a line that is whole is not lost to one that is not', () =>
    fc.assert(
      fc.property(corruptText(LOG), junk => {
        const read = parseTimedLog(`${junk}\n${LOG}`)
        for (const { at } of read) expect(Number.isFinite(at)).toBe(true)
        expect(read.map(({ at }) => at)).toEqual(read.map(({ at }) => at).sort((a, b) => a - b))
        expect(read.map(({ text }) => text)).toEqual(
          expect.arrayContaining(['srv  load_model: loading', 'main: listening']),
        )
      }),
    ))
  test('a time that is none is no line', () => expect(parseTimedLog('2026-99-99T99:99:99Z x')).toEqual([]))
})
