import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { now } from '../core/clock.ts'
import { checkpointImage, copySpan, imageWorkspace } from './checkpoint-image.ts'

let work: string
beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), 'checkpoint-image-'))
})
afterEach(() => rmSync(work, { recursive: true, force: true }))

test("the copy runs from the first file's birth to the last one's change, whatever lies beside it", () => {
  writeFileSync(join(work, 'ctr.log'), 'older')
  expect(copySpan(work)).toBeUndefined()
  mkdirSync(join(work, 'checkpoint'))
  expect(copySpan(work)).toBeUndefined()
  writeFileSync(join(work, 'checkpoint/inventory.img'), '')
  writeFileSync(join(work, 'devshm-checkpoint.tar'), '')
  const { began, ended } = copySpan(work)!
  const [first, last] = ['checkpoint/inventory.img', 'devshm-checkpoint.tar'].map(name => statSync(join(work, name)))
  expect(ended - began).toBeCloseTo((last!.ctimeMs - first!.birthtimeMs) / 1000, 3)
  expect(ended).toBeLessThanOrEqual(now())
})

test('a reference that podman takes, also of a name with capital letters', () =>
  expect(checkpointImage('Demo-podman-image')).toMatch(/^localhost\/[a-z/-]+:[\w.-]+$/))

test("what holds the environment is made beside the store, its owner's alone", () => {
  const folder = imageWorkspace({ root: join(work, 'storage/root') })
  expect(folder).toBe(join(work, 'storage/making'))
  expect(statSync(folder).mode & 0o077).toBe(0)
})
