import { expect, test } from 'vitest'
import { withoutIoUring } from './seccomp.ts'

const profile = (defaultAction: string) =>
  JSON.stringify({
    defaultAction,
    archMap: [{ architecture: 'SCMP_ARCH_X86_64' }],
    syscalls: [
      { names: ['read', 'io_uring_setup', 'io_uring_enter', 'io_setup'], action: 'SCMP_ACT_ALLOW', args: [] },
      { names: ['io_uring_register'], action: 'SCMP_ACT_ALLOW' },
      { names: ['io_uring_setup', 'bdflush'], action: 'SCMP_ACT_ERRNO', errno: 'EPERM' },
    ],
  })

test('no rule allows io_uring any more, and everything else stays', () => {
  expect(JSON.parse(withoutIoUring(profile('SCMP_ACT_ERRNO'), 'default.json'))).toEqual({
    defaultAction: 'SCMP_ACT_ERRNO',
    archMap: [{ architecture: 'SCMP_ARCH_X86_64' }],
    syscalls: [
      { names: ['read', 'io_setup'], action: 'SCMP_ACT_ALLOW', args: [] },
      { names: ['io_uring_setup', 'bdflush'], action: 'SCMP_ACT_ERRNO', errno: 'EPERM' },
    ],
  })
})

test('a profile that allows what it does not name is refused', () => {
  expect(() => withoutIoUring(profile('SCMP_ACT_ALLOW'), 'default.json')).toThrow(
    /default\.json allows every call that it does not name/,
  )
})

test('what is no profile is refused by name', () => {
  expect(() => withoutIoUring('{"syscalls": 3', 'default.json')).toThrow(/default\.json is not a seccomp profile/)
  expect(() => withoutIoUring('{"defaultAction": "SCMP_ACT_ERRNO"}', 'default.json')).toThrow(
    /default\.json is not a seccomp profile/,
  )
})
