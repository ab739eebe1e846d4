import { closeSync, fstatSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { punchHole } from './punch-hole.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync('/dev/shm/punch-hole-')
})
afterEach(() => rmSync(folder, { recursive: true }))

test('the stretch reads as zeros and holds no memory, the rest and the length stay', () => {
  const file = join(folder, 'file')
  writeFileSync(file, Buffer.alloc(1 << 20, 7))
  const fd = openSync(file, 'r+')
  const before = fstatSync(fd).blocks
  punchHole(fd, 64 << 10, 512 << 10)
  expect(before - fstatSync(fd).blocks).toBe((512 << 10) / 512)
  closeSync(fd)
  expect(readFileSync(file)).toEqual(
    Buffer.concat([Buffer.alloc(64 << 10, 7), Buffer.alloc(512 << 10), Buffer.alloc(448 << 10, 7)]),
  )
})

test('a descriptor that cannot be written to is an error with its name', () => {
  const file = join(folder, 'file')
  writeFileSync(file, 'x')
  const fd = openSync(file, 'r')
  expect(() => punchHole(fd, 0, 4096)).toThrow(/4096 bytes at 0: EBADF/)
  closeSync(fd)
})
