import { expect, it } from 'vitest'
import type { Report } from '../run/schema.ts'
import { endingCode, reportExitCode } from './exit-code.ts'

const gate = (verdict: NonNullable<Report['reference']>['verdict']) => ({
  path: 'a',
  timestamp: '2026-11-24T04:00:00Z',
  tolerance: 0.1,
  differs: [],
  comparisons: [],
  verdict,
})

it.for([
  ['pass', undefined, 0],
  ['pass', gate('pass'), 0],
  ['fail', undefined, 1],
  ['fail', gate('slower'), 1],
  ['nothing-measured', undefined, 3],
  ['measured', undefined, 0],
  ['measured', gate('slower'), 4],
  ['pass', gate('slower'), 4],
  ['pass', gate('incomplete'), 2],
] as const)('%s with reference %o ends with %i', ([verdict, reference, code]) => {
  expect(reportExitCode({ verdict, reference })).toBe(code)
})

it.for([
  [143, 'fail', 143],
  [130, 'nothing-measured', 130],
  [0, 'fail', 1],
  [0, 'pass', 0],
  [1, 'pass', 1],
  [undefined, 'nothing-measured', 3],
] as const)('a process that would end with %s and whose report says %s ends with %i', ([ending, verdict, code]) => {
  expect(endingCode({ verdict }, ending)).toBe(code)
})
