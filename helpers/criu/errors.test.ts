import { expect, test } from 'vitest'
import { explainCriu, explainFull } from './errors.ts'

const log = (...errors: string[]) =>
  [
    '(00.000001) Version: 4.2.1 (gitid 0)',
    "(00.055102) Error (criu/util.c:1534): rlimit: Can't setup RLIMIT_NOFILE for self: Operation not permitted",
    ...errors,
  ].join('\n')

test('an error that a restore which succeeds logs too is no cause', () => {
  expect(explainCriu(log())).toBeUndefined()
  expect(explainCriu('')).toBeUndefined()
})

test.for([
  [
    '(00.034280) Error (criu/image.c:89): Not supported images version 99',
    'Not supported images version 99',
    'another CRIU',
  ],
  [
    "(00.727207)      1: Error (criu/sk-inet.c:1059): inet: Can't bind inet socket (id 27): Address already in use",
    "inet: Can't bind inet socket (id 27): Address already in use",
    'ss -ltnp',
  ],
  [
    "(00.128928) pie: 1: Error (criu/pie/restorer.c:1907): Can't read pages data (-9)",
    "Can't read pages data (-9)",
    'damaged or incomplete',
  ],
  [
    '(00.1) pie: 1: Error (criu/pie/restorer.c:546): seccomp: SECCOMP_SET_MODE_FILTER returned -22 on tid 1',
    'seccomp: SECCOMP_SET_MODE_FILTER returned -22 on tid 1',
    'this kernel does not have',
  ],
] as const)('%s', ([line, cause, remedy]) => {
  const found = explainCriu(log(line, '(00.135347) Error (criu/cr-restore.c:2331): Restoring FAILED.'))
  expect(found).toMatchObject({ cause, remedy: expect.stringContaining(remedy) })
  expect(found!.lines.split('\n')).toHaveLength(3)
})

test('the first cause where none is known; a known one wherever it stands', () => {
  const strange = '(00.1) Error (criu/x.c:1): something new'
  expect(explainCriu(log(strange))).toMatchObject({ cause: 'something new' })
  expect(explainCriu(log(strange))).not.toHaveProperty('remedy')
  expect(
    explainCriu(log(strange, '(00.2) Error (criu/y.c:1): page-xfer: write: No space left on device')),
  ).toMatchObject({ remedy: expect.stringContaining('full') })
})

test('where the images filled the file system, the log has no room for the reason', () => {
  const { cause, remedy } = explainCriu(log('(00.2) Error (criu/y.c:1): page-xfer: write: No space left on device'))!
  expect(explainFull(0)!.cause).toContain(cause.slice(cause.indexOf('No space')))
  expect(explainFull(0)).toMatchObject({ remedy })
  expect(explainFull(1e9)).toBeUndefined()
})
