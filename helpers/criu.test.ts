import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bentText } from './bent.ts'
import { criuBegan, criuPhases, parseRestoreLog } from './criu.ts'

const LOG = '(00.000000) Version: 4.2.1 (gitid 0)\n(00.045155) Running pre-restore scripts\n(00.065322) pie: 1: Switched to the restorer 1\n(00.166380) Restore finished successfully. Tasks resumed.\n'

describe('restore.log', () => {
  test('the stages', () => expect(parseRestoreLog(LOG)).toMatchObject({ restorer: 0.065322, resumed: 0.16638 }))
  test('the restorer cannot begin after the end', () => expect(parseRestoreLog('(00.300000) pie: 1: x\n(00.200000) Restore finished successfully\n')).toEqual({ restorer: 0.2, resumed: 0.2, last: 0.3 }))
  test('one that was cut before its end tells nothing', () => expect(parseRestoreLog(LOG.slice(0, 120))).toBeUndefined())
  test('CRIU began what its last line says before the log was last written to, not when podman made the file; never before that', () => {
    expect(criuBegan({ birthtimeMs: 1000, mtimeMs: 1226 }, 0.166)).toBe(1060)
    expect(criuBegan({ birthtimeMs: 1000, mtimeMs: 1164 }, 0.166)).toBe(1000)
  })
  test('whatever it holds: stages in order, or nothing', () => fc.assert(fc.property(fc.oneof(bentText(LOG), fc.string({ unit: fc.constantFrom(...'(0.5)\n', 'pie: ', 'Restore finished successfully') })), (log) => {
    const stages = parseRestoreLog(log)
    if (!stages) return
    expect(stages.restorer).toBeGreaterThanOrEqual(0)
    expect(stages.resumed).toBeGreaterThanOrEqual(stages.restorer)
    for (const { duration } of criuPhases({ began: 1, restorer: 1 + stages.restorer, resumed: 1 + stages.resumed }, 0)) expect(duration).toBeGreaterThanOrEqual(0)
  }), { numRuns: 500 }))
})
