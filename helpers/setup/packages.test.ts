import { expect, test } from 'vitest'
import { tooOld } from './packages.ts'

test.for([
  ['podman version 3.4.4', true],
  ['podman version 4.2.9', true],
  ['podman version 4.3.1', false],
  ['podman version 4.10.0', false],
  ['podman version 5.0.0-rc1', false],
  ['garbage', false],
] as const)('%s: too old is %s', ([version, expected]) => {
  expect(tooOld(version)).toBe(expected)
})
