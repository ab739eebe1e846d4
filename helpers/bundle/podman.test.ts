import { expect, test } from 'vitest'
import { isCarried, librariesListed } from './podman.ts'

test.for(['libc.so.6', 'libm.so.6', 'ld-linux-x86-64.so.2', 'libpthread.so.0', 'libdl.so.2', 'libresolv.so.2'])(
  "%s stays the host's",
  name => {
    expect(isCarried(name)).toBe(false)
  },
)

test.for([
  'libcap.so.2',
  'libmd.so.0',
  'libcrypt.so.1',
  'libmnl.so.0',
  'libgpgme.so.11',
  'libselinux.so.1',
  'libstdc++.so.6',
  'libgcc_s.so.1',
])('%s goes along', name => {
  expect(isCarried(name)).toBe(true)
})

const listing = (...lines: string[]) =>
  `\tlinux-vdso.so.1 (0x00007ffc)\n\t/lib64/ld-linux-x86-64.so.2 => /tree/lib64/ld-linux-x86-64.so.2 ` +
  `(0x0)\n${lines.map(line => `\t${line}\n`).join('')}\t/tree/usr/lib/x/ld-linux-x86-64.so.2 ` +
  '(0x00007f1)\n'

test('the libraries that a program needs, by the names it knows them', () => {
  expect(
    librariesListed(
      listing('libcap.so.2 => /tree/usr/lib/x/libcap.so.2 (0x1)', 'libc.so.6 => /tree/usr/lib/x/libc.so.6 (0x2)'),
      'runc',
    ),
  ).toEqual(['/tree/usr/lib/x/libcap.so.2'])
  expect(librariesListed('\tstatically linked\n', 'catatonit')).toEqual([])
})

test('one that is missing is named with its program', () => {
  expect(() => librariesListed(listing('libnew.so.3 => not found'), '/tree/usr/bin/podman')).toThrow(
    '/tree/usr/bin/podman needs libnew.so.3',
  )
})
