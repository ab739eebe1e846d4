import { expect, it, test } from 'vitest'
import {
  billions,
  bytes,
  change,
  duration,
  exactSeconds,
  factor,
  factorRange,
  metricSign,
  metricValue,
  percent,
  seconds,
} from './format.ts'

it('duration', () => {
  expect([0, 59.6, 200, 4000].map(duration)).toEqual(['0 s', '1 min', '3 min 20 s', '1 h 7 min'])
})

test('seconds have the digits that mean something, and none is rounded to 0', () => {
  expect([0, 0.0004, 0.0144, 0.0996, 9.994, 9.996, 99.96].map(seconds)).toEqual([
    '0',
    '<0.001',
    '0.014',
    '0.10',
    '9.99',
    '10.0',
    '100',
  ])
  expect([0.0004, 0.1866, 1.824, 57.52].map(exactSeconds)).toEqual(['<0.001', '0.187', '1.82', '57.5'])
})

test('speedups, shares, changes', () => {
  expect([0.294, 33.06, 120.4].map(factor)).toEqual(['0.29x', '33.1x', '120x'])
  expect(factorRange([0.28, 12.34])).toBe('0.28–12.3')
  expect([0, 0.004, 0.0096, 0.5, 1].map(percent)).toEqual(['0 %', '0.4 %', '1 %', '50 %', '100 %'])
  expect([0.12, -0.03].map(change)).toEqual(['+12 %', '-3 %'])
})

test('bytes and parameters in powers of ten', () => {
  expect([0, 999, 412e6, 1.936e9, 123e9].map(bytes)).toEqual(['0 B', '999 B', '412 MB', '1.94 GB', '123 GB'])
  expect([134_515_008, 1.54e9, 7.6e9].map(billions)).toEqual(['135M', '1.5B', '7.6B'])
})

test.each([
  ['tfft.p50', 1.234, '<=', '1.23 s'],
  ['speedup.p50', 1.2, '>=', '1.20x'],
  ['tokens_match', 1, '>=', '100 %'],
])('%s %d is %s %s', (metric, value, sign, text) => {
  expect([metricSign(metric), metricValue(metric, value)]).toEqual([sign, text])
})
