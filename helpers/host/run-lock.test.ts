import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { lockRun } from './run-lock.ts'

let state: string
let checkpoints: string
beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'run-lock-'))
  state = join(folder, 'run/state.lock')
  checkpoints = join(folder, 'checkpoints.lock')
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
})

test('one at a time, and the second is told who is first and where', () => {
  const release = lockRun([state, checkpoints])
  expect(() => lockRun([state, checkpoints])).toThrow(
    `another run is under way (process ${process.pid} holds ${state})`,
  )
  release()
  lockRun([state, checkpoints])()
})

test('a suite with its own state but the same folder of checkpoints has to wait, and holds nothing meanwhile', () => {
  const release = lockRun([checkpoints])
  expect(() => lockRun([state, checkpoints])).toThrow(`holds ${checkpoints}`)
  lockRun([state])()
  release()
})

test('a file that names a living process, which does not hold it, stops nothing', () => {
  writeFileSync(checkpoints, '1')
  lockRun([checkpoints])()
})
