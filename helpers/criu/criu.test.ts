import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { mountTmpfs, unmountBelow } from '../host/mounts.ts'
import { corruptText } from '../testing/corrupt.ts'
import { criuBegan, criuPhases, explainedByCriu, parseRestoreEnd, parseRestoreLog, restoreLogFigures } from './criu.ts'

const LOG =
  '(00.000000) Version: 4.2.1 (gitid 0)\n(00.045155) Running pre-restore scripts\n(00.065322) pie: 1: ' +
  'Switched to the restorer 1\n(00.166380) Restore finished successfully. Tasks resumed.\n'

describe('restore.log', () => {
  test('the stages', () => expect(parseRestoreLog(LOG)).toMatchObject({ restorer: 0.065322, resumed: 0.16638 }))
  test("CRIU's CUDA plugin: its time begins with the first process, whichever has something on the GPU", () => {
    const log =
      '(00.100000) pie: 1: x\n(00.200000) Run late stage hook from criu master for external devices\n' +
      '(00.250000) cuda_plugin: No need to resume devices on pid 7\n(00.300000) cuda_plugin: resuming devices on ' +
      'pid 8\n(00.400000) cuda_plugin: resuming devices on pid 9\n(00.500000) Restore finished successfully\n'
    expect(parseRestoreLog(log)).toMatchObject({ restorer: 0.1, devices: 0.2, resumed: 0.5 })
    const times = { began: 10, restorer: 10.1, devices: 10.2, resumed: 10.5 }
    expect(criuPhases(times, 9).map(({ name, duration }) => [name, Math.round(duration * 10)])).toEqual([
      ['criu.fork', 1],
      ['criu.restore', 1],
      ['cuda.restore', 3],
    ])
    expect(parseRestoreLog(log.replaceAll(': resuming devices', ': No need to'))!.devices).toBeUndefined()
  })
  test('GPU state that the plugin could not bring back', () => {
    const error =
      '(00.4) Error (plugins/cuda/cuda_plugin.c:417): cuda_plugin: RESUME_DEVICES RESTORE failed with ' +
      'cuda-checkpoint: x'
    const end = '(00.500000) Restore finished successfully'
    expect(parseRestoreEnd(`${error}\n${end}`)).toEqual({
      said: 'finished',
      notResumed: 'RESUME_DEVICES RESTORE failed with cuda-checkpoint: x',
    })
  })
  test('the restorer cannot begin after the end', () =>
    expect(parseRestoreLog('(00.300000) pie: 1: x\n(00.200000) Restore finished successfully\n')).toEqual({
      restorer: 0.2,
      resumed: 0.2,
      last: 0.3,
    }))
  test('one that was cut before its end tells nothing', () =>
    expect(parseRestoreLog(LOG.slice(0, 120))).toBeUndefined())
  test(
    'CRIU began what its last line says before the log was last written to, not when podman made the ' +
      'file; never before that',
    () => {
      expect(criuBegan({ birthtimeMs: 1000, mtimeMs: 1226 }, 0.166)).toBe(1060)
      expect(criuBegan({ birthtimeMs: 1000, mtimeMs: 1164 }, 0.166)).toBe(1000)
    },
  )
  test('how long CRIU asked the kernel what it can do: not at all where an earlier one had written it down', () => {
    const log = (second: string) =>
      `(00.000225) Version: 4.2.1 (gitid 0)\n(00.000333) ${second}\n(00.034729) cpu: x86_family ` +
      '6\n(00.050833) Reading image tree\n'
    expect(restoreLogFigures(log('File /run/criu.kdat does not exist'))).toEqual({
      lines: 4,
      probe: expect.closeTo(0.0505, 6),
    })
    expect(restoreLogFigures(log('Loaded kdat cache from /run/criu.kdat'))).toEqual({ lines: 4, probe: 0 })
    expect(restoreLogFigures(log('x'))).toEqual({ lines: 4 })
    expect(restoreLogFigures('(00.000333) File /run/criu.kdat does not exist\n')).toEqual({ lines: 1 })
  })
  test('what it says of its end, and the pages of all processes', () => {
    expect(
      parseRestoreEnd(
        `(00.08) 1: nr_restored_pages: 2239\n(00.08) 2: nr_restored_pages: 61\n${LOG}(00.17) Writing stats\n`,
      ),
    ).toEqual({ said: 'finished', pages: 2300 })
    expect(parseRestoreEnd(LOG.slice(0, 120))).toEqual({ said: 'unfinished' })
    expect(parseRestoreEnd(`${LOG}(00.17) Error (criu/cr-restore.c:2557): Restoring FAILED.\n`)).toEqual({
      said: 'unfinished',
    })
    expect(parseRestoreEnd('(00.01) Warn  (criu/kerndat.c:1): x\n(00.02) Error (criu/net.c:2): y\n')).toEqual({
      said: 'nothing',
    })
    // podman makes the file before CRIU begins
    expect(parseRestoreEnd('')).toEqual({ said: 'nothing' })
    expect(parseRestoreEnd(undefined)).toEqual({ said: 'none' })
  })
  test('whatever it holds: stages in order, or nothing', () =>
    fc.assert(
      fc.property(
        fc.oneof(
          corruptText(LOG),
          fc.string({ unit: fc.constantFrom(...'(0.5)\n', 'pie: ', 'Restore finished successfully') }),
        ),
        log => {
          const stages = parseRestoreLog(log)
          if (!stages) return
          expect(stages.restorer).toBeGreaterThanOrEqual(0)
          expect(stages.resumed).toBeGreaterThanOrEqual(stages.restorer)
          for (const { duration } of criuPhases(
            { began: 1, restorer: 1 + stages.restorer, resumed: 1 + stages.resumed },
            0,
          ))
            expect(duration).toBeGreaterThanOrEqual(0)
        },
      ),
      { numRuns: 500 },
    ))
})

describe.skipIf(process.getuid?.() !== 0)('a log without a reason', () => {
  const failed = new Error('podman failed\nmore')

  /** The same error of a dump, with a log that lies in a tmpfs. */
  async function explained(log: string, { isFull }: { isFull: boolean }): Promise<Error> {
    const folder = mkdtempSync(join(tmpdir(), 'criu-'))
    onTestFinished(async () => {
      await unmountBelow(folder)
      rmSync(folder, { recursive: true })
    })
    await mountTmpfs(folder, { size: 1 << 20 })
    writeFileSync(join(folder, 'dump.log'), log)
    if (isFull) expect(() => writeFileSync(join(folder, 'pages-1.img'), Buffer.alloc(2 << 20))).toThrow('ENOSPC')
    return explainedByCriu(failed, 'dump', join(folder, 'dump.log'))
  }
  const begun = '(00.01) Dumping pages\n'
  const other = '(00.02) Error (criu/x.c:1): something else\n'
  const end = '(00.03) Error (criu/cr-dump.c:1975): Dumping FAILED.\n'

  test('in a full file system, that is the reason', async () => {
    const { message } = await explained(begun, { isFull: true })
    expect(message).toMatch(/^CRIU could not dump: No space left on device.*\n.*give it more room.*\npodman failed$/)
  })
  test('where there is room, the error stays', async () =>
    expect(await explained(begun, { isFull: false })).toBe(failed))
  test('a reason that a whole log names comes first', async () =>
    expect((await explained(other + end, { isFull: true })).message).toMatch(/^CRIU could not dump: something else\n/))
  test('a log that was cut off may lack the reason: what it says stands below', async () => {
    const { message } = await explained(other, { isFull: true })
    expect(message).toMatch(/^CRIU could not dump: No space left on device/)
    expect(message).toMatch(/dump\.log says:\n.*something else$/)
  })
  test.each([
    ['full', true, /^CRIU could not dump: No space left on device.*\n.*give it more room.*\npodman failed$/],
    ['not full', false, /^podman failed\nmore$/],
  ])('half a line is no reason, where the file system is %s', async (_, isFull, message) =>
    expect((await explained(`${begun}(00.234614) Error (criu`, { isFull })).message).toMatch(message),
  )
})
