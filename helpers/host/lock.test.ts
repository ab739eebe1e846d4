import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { execa } from 'execa'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { lock, tryLock } from './lock.ts'

let file: string
beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'lock-'))
  file = join(folder, 'setup.lock')
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
})

test('one at a time, and the file names the holder', () => {
  const first = tryLock(file)
  expect(first).toBeDefined()
  expect(tryLock(file)).toBeUndefined()
  expect(readFileSync(file, 'utf8')).toBe(String(process.pid))
  first!.release()
  const second = tryLock(file)
  expect(second).toBeDefined()
  second!.release()
})

test('who waits is told once, and gets it when it is free', async () => {
  const first = tryLock(file)!
  const told: string[] = []
  const second = lock(file, holder => told.push(holder), 5)
  await expect.poll(() => told).toEqual([String(process.pid)])
  first.release()
  ;(await second).release()
  expect(told).toHaveLength(1)
})

test('a holder that was killed holds nothing', async () => {
  const program =
    `const { tryLock } = await import(${JSON.stringify(resolve(import.meta.dirname, 'lock.ts'))}); ` +
    `tryLock(process.argv[1]); console.log('held'); setInterval(() => {}, 1000)`
  const holder = execa(process.execPath, ['--input-type=module', '--eval', program, file], { reject: false })
  await once(holder.stdout, 'data')
  expect(tryLock(file)).toBeUndefined()
  holder.kill('SIGKILL')
  await holder
  const next = tryLock(file)
  expect(next).toBeDefined()
  next!.release()
})
