import { expect, test } from 'vitest'
import { packageOf, refusal, unpackArguments } from './debian.ts'

test.for([
  [
    'E: Release file for http://m/debian/dists/sid/InRelease is expired (invalid since 17d 19h). Updates ' +
      'for this repository will not be applied.',
    'expired',
  ],
  [
    "W: GPG error: http://m sid InRelease: The following signatures couldn't be verified because the " +
      'public key is not available: NO_PUBKEY 6ED0E7B82643E131',
    'signature',
  ],
  ['E: Failed to fetch http://m/x.deb  Hash Sum mismatch', 'hash'],
  ['E: Failed to fetch http://m/dists/sid/InRelease  Could not connect to m:80', 'network'],
  ['E: Unable to locate package criu', 'other'],
] as const)('apt says %j: %s', ([said, why]) => {
  expect(refusal(said)).toBe(why)
})

test("the archive's keyring always checks, and lists past their date are taken only when asked to", () => {
  const ordinary = unpackArguments('sid', ['criu'], '/state/criu.part-1', 'http://m/debian', false)
  expect(ordinary.slice(-3)).toEqual([
    'sid',
    '/state/criu.part-1',
    'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://m/debian sid main',
  ])
  expect(ordinary.join('\n')).not.toMatch(/Valid-Until|Allow|trusted|--force/i)
  const frozen = unpackArguments('sid', ['criu'], '/state/criu.part-1', 'http://m/debian', true)
  expect(frozen.filter(word => !ordinary.includes(word))).toEqual(['--aptopt=Acquire::Check-Valid-Until "false"'])
})

test('name and version of a package file', () => {
  expect(packageOf('libgmp10_2%3a6.3.0+dfsg-5+b2_amd64.deb')).toEqual(['libgmp10', '2:6.3.0+dfsg-5+b2'])
  expect(packageOf('partial')).toBeUndefined()
})
