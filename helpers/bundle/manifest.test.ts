import { expect, test } from 'vitest'
import { checksums, describeManifest } from './manifest.ts'

const parts = [
  { file: 'part.00', bytes: 57e6, sha256: 'a'.repeat(64) },
  { file: 'part.01', bytes: 3_500_000, sha256: 'b'.repeat(64) },
]

test('the lines that sha256sum --check reads', () => {
  expect(checksums(parts)).toBe(`${'a'.repeat(64)}  part.00\n${'b'.repeat(64)}  part.01\n`)
})

test.for(['a/b', 'a\\b', 'a\nb'])('%j is no name for them', file => {
  expect(() => checksums([{ file, sha256: '' }])).toThrow('no file name')
})

test('a line for each archive, and what the parts weigh', () => {
  const contents = [
    { archive: 'criu.tar.xz', what: 'CRIU 4.2.1-1', bytes: 5_300_000, versions: {} },
    { archive: 'podman.tar.xz', what: 'podman 5.4.2', bytes: 29e6, versions: {} },
  ]
  expect(
    describeManifest({ schema: 'criu-gpu-bench/bundle@1', created: '', architecture: 'x86_64', contents, parts }),
  ).toBe(
    [
      'criu.tar.xz       5.3 MB  CRIU 4.2.1-1',
      'podman.tar.xz    29.0 MB  podman 5.4.2',
      '2 parts, 60.5 MB; the largest 57.0 MB',
    ].join('\n'),
  )
})
