import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { settlePhases } from '../core/phases.ts'
import { parsePosition } from '../host/processes.ts'
import { corruptText } from '../testing/corrupt.ts'
import { archivePasses, archivePhases } from './archive.ts'

const FDINFO = 'pos:\t123456\nflags:\t0100000\nmnt_id:\t26\nino:\t7\n'

describe('fdinfo', () => {
  test('its position', () => expect(parsePosition(FDINFO)).toBe(123_456))
  test('none, where the descriptor closes while it is read', () =>
    expect([parsePosition(''), parsePosition('flags:\t0\n'), parsePosition('pos:\t')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]))
  test('whatever it holds: a position or none', () =>
    fc.assert(
      fc.property(corruptText(FDINFO), text => {
        const read = parsePosition(text)
        if (read !== undefined) expect(read).toBeGreaterThanOrEqual(0)
      }),
    ))
})

describe('passes', () => {
  test('one for each time that the position falls back or the file was closed', () => {
    const samples = [
      [0, 0],
      [1, 50],
      [2, 100],
      [3, 10],
      [4, 100],
      [5, undefined],
      [6, 0],
      [7, 100],
    ].map(([time, position]) => ({ time: time!, position }))
    expect(archivePasses(samples).map(({ bytes }) => bytes)).toEqual([100, 100, 100])
  })
  test('whatever was sampled: passes lie in time, phases add up to no more than the trial', () =>
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            step: fc.double({ min: 0, max: 1, noNaN: true }),
            position: fc.option(fc.nat(1000), { nil: undefined }),
          }),
          { maxLength: 50 },
        ),
        steps => {
          let time = 10
          const samples = steps.map(({ step, position }) => ({ time: (time += step), position }))
          const passes = archivePasses(samples)
          for (const { began, ended } of passes) expect(began <= ended && began >= 10 && ended <= time).toBe(true)
          const { phases } = settlePhases(archivePhases(passes, 10, 1), time - 10)
          expect(phases.reduce((sum, { duration }) => sum + duration, 0)).toBeLessThanOrEqual(time - 10 + 1e-9)
        },
      ),
    ))
})
