import { expect, test } from 'vitest'
import { debianMirror, isMirror, mirrorOf } from './mirror.ts'

test("the Debian main archive among apt's sources, without its last slash", () => {
  expect(
    mirrorOf(
      [
        'nodistro|nodistro|https://deb.nodesource.com/node_20.x/',
        'Debian|Debian-Security|http://deb.debian.org/debian-security/',
        'Debian|Debian|http://mirror.example/debian/',
        'Debian|Debian|http://other.example/debian/',
      ].join('\n'),
    ),
  ).toBe('http://mirror.example/debian')
})

test('none on Ubuntu', () => {
  expect(mirrorOf('Ubuntu|Ubuntu|http://archive.ubuntu.com/ubuntu/\n')).toBeUndefined()
  expect(mirrorOf('')).toBeUndefined()
})

test.for(['http://a/debian sid', 'http://a/[x]', 'http://a/\ndeb', '--help', 'http://user:secret@a/debian', ''])(
  '%j is no mirror',
  text => {
    expect(isMirror(text)).toBe(false)
  },
)

test('DEBIAN_MIRROR wins', async () => {
  expect(await debianMirror('https://mirror.example/debian//')).toBe('https://mirror.example/debian')
})

test('a wrong DEBIAN_MIRROR is named without its password', async () => {
  const error = await debianMirror('http://user:secret@a/debian').catch((error: Error) => error)
  expect(String(error)).toContain('http://***@a/debian')
  expect(String(error)).not.toContain('secret')
})
