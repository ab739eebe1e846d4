import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { settlePhases } from '../core/phases.ts'
import { parsePosition } from '../host/processes.ts'
import { corruptText } from '../testing/corrupt.ts'
import { archivePasses, archivePhases, watchArchive } from './archive.ts'

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

test('a look at who reads: where a child of the process stands, and that nobody has another file open', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'archive-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'it is.tar')
  writeFileSync(path, Buffer.alloc(10_000))
  const reads = 'dd bs=4096 count=1 of=/dev/null 2> /dev/null <&3; echo reads; read _'
  const child = spawn('sh', ['-c', `(${reads}) 3< "$0"; true`, path])
  onTestFinished(() => void child.kill())
  await once(child.stdout, 'data')
  const look = async (at: string) => {
    const stop = new AbortController()
    const looking = watchArchive(child.pid!, at, stop.signal)
    stop.abort()
    return (await looking).map(({ position }) => position)
  }
  expect(await look(path)).toEqual([4096])
  expect(await look(join(folder, 'other.tar'))).toEqual([undefined])
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
