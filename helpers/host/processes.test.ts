import { copyFileSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { execa } from 'execa'
import { expect, onTestFinished, test } from 'vitest'
import { mappedBytes } from './processes.ts'

test('what a process maps of a file, by the name that it has for the process', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'processes-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const program = join(folder, 'a model (1).gguf')
  copyFileSync('/bin/sleep', program)
  const child = execa(program, ['60'], { reject: false, argv0: 'sleep' })
  onTestFinished(() => void child.kill('SIGKILL'))
  await expect.poll(() => mappedBytes([child.pid!], basename(program))).toBeGreaterThan(statSync(program).size / 2)
  expect(mappedBytes([child.pid!, process.pid], basename(program))).toBe(mappedBytes([child.pid!], basename(program)))
  expect(mappedBytes([child.pid!], 'other.gguf')).toBe(0)
  expect(mappedBytes([2 ** 30], basename(program))).toBe(0)
})
