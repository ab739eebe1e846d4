import { expect, test } from 'vitest'
import { checkCreatable, fileInTheWay, isCreatable } from './creatable.ts'

test.for(['/proc', '/proc/x', '/proc/self/fd/x', '/tmp/../proc/x'])('nothing can be made at %s', path =>
  expect(isCreatable(path)).toBe(false),
)
test.for(['/process', '/tmp/proc/x', 'results', '/sys/x'])('%s is left to the system', path =>
  expect(isCreatable(path)).toBe(true),
)
test('a file stands where a folder has to be', () => {
  expect(fileInTheWay('/etc/hostname/a/b')).toBe('/etc/hostname')
  expect(fileInTheWay('/dev/null')).toBe('/dev/null')
  for (const path of ['/', '/tmp', '/tmp/none/b', 'results']) expect(fileInTheWay(path)).toBeUndefined()
  expect(() => checkCreatable('--out', '/etc/hostname/a')).toThrow(
    '--out: received "/etc/hostname/a", allowed is a path for a folder, and /etc/hostname is a file',
  )
})
test('says what received it', () =>
  expect(() => checkCreatable('--out', '/proc/x')).toThrow(
    '--out: received "/proc/x", allowed is a path outside /proc',
  ))
