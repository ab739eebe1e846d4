import { expect, test } from 'vitest'
import { kindOf } from './kind.ts'
import { FLAG, STATUS, type Vma } from './memory-map.ts'
import { Message } from './message.ts'

const anonymous: Vma = {
  start: 0x1000,
  end: 0x9000,
  offset: 0,
  file: 0,
  protection: 3,
  flags: FLAG.private | FLAG.anonymous,
  status: STATUS.regular | STATUS.anonymousPrivate,
  advice: 0,
  message: new Message(),
}
const onFile = { flags: FLAG.private, status: STATUS.regular | STATUS.filePrivate, file: 1 }

test.each<[string, Partial<Vma>, string | undefined, number[]]>([
  ['anonymous', {}, undefined, [0x9000]],
  ['stack', {}, undefined, [0x8ff0]],
  ['stack', { flags: anonymous.flags | FLAG.growsDown }, undefined, []],
  ['heap', { status: anonymous.status | STATUS.heap }, undefined, []],
  ['library', onFile, '/usr/lib/libc.so.6', []],
  ['shared', { status: STATUS.regular | STATUS.anonymousShared }, undefined, []],
  ['shared', { status: STATUS.regular | STATUS.fileShared, file: 1 }, '/dev/shm/queue', []],
  ['device', { status: STATUS.regular | STATUS.fileShared, file: 1 }, '/dev/nvidia0', []],
  ['device', { status: anonymous.status | STATUS.plugin }, undefined, []],
  ['kernel', { status: anonymous.status | STATUS.vdso }, undefined, []],
])('%s: %j of %s', (kind, changed, path, stacks) => {
  expect(kindOf({ ...anonymous, ...changed }, path, stacks)).toBe(kind)
})
