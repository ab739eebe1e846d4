import { expect, test } from 'vitest'
import { DEFECTS, HANGING_DRIVER, isAffected } from './known-defects.ts'

test.each([
  ['595.70', false],
  ['595.71', true],
  ['595.71.05', true],
  ['595.72', false],
  ['1000.1', false],
])('driver %s: %j', (version, affected) => {
  expect(isAffected(version, HANGING_DRIVER)).toBe(affected)
})

test.each([
  ['3.17.1', ['bounds']],
  ['4.1', ['sockets']],
  ['4.1.1', ['sockets']],
  ['4.2', []],
])('CRIU %s', (version, of) => {
  const found = DEFECTS.filter(defect => defect.what === 'criu' && isAffected(version, defect))
  expect(found.map(({ message }) => /bounds|sockets/.exec(message)?.[0])).toEqual(of)
})
