import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseDriverVersion } from '../setup/gpu.ts'

/** What common.sh reads from the host, as the suite reads it: a recipe refuses a host that is not the run's. */
const template = readFileSync(new URL('./templates/common.sh', import.meta.url), 'utf8')
let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'recipe-common-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** One function of common.sh, called in a shell of its own. */
async function call(name: string, environment: Record<string, string>): Promise<string> {
  const body = new RegExp(`^${name}\\(\\) \\{[\\s\\S]*?^\\}$`, 'm').exec(template)![0]
  return (await execa('bash', ['-euc', `${body}\n${name}`], { env: environment })).stdout
}

test.for([
  [
    'NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.159.04  Release Build  (root@builder)  ',
    '580.159.04',
  ],
  ['NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5 22:23:56 UTC 2024', '550.54.15'],
  ['NVRM version: NVIDIA UNIX Open Kernel Module for aarch64  590.48  Release Build  (root@builder)  ', '590.48'],
])('the driver of %s', async ([line, version]) => {
  const text = `${line}\nGCC version: gcc version 13.3.0\n`
  writeFileSync(join(folder, 'version'), text)
  expect(await call('driver', { NVIDIA: folder })).toBe(version)
  expect(parseDriverVersion(text)).toBe(version)
})

test('no driver is an empty word, not an error', async () => {
  expect(await call('driver', { NVIDIA: join(folder, 'nowhere') })).toBe('')
})

test.for([
  ['NVIDIA H200, 143771 MiB', 'NVIDIA H200 143771 MiB'],
  ['NVIDIA A10, 23028 MiB\nNVIDIA A10, 23028 MiB', 'NVIDIA A10 23028 MiB + NVIDIA A10 23028 MiB'],
])('the GPUs of %s', async ([line, gpus]) => {
  writeFileSync(join(folder, 'nvidia-smi'), `#!/bin/sh\nprintf '%s\\n' '${line}'\n`, { mode: 0o755 })
  expect(await call('gpus', { PATH: `${folder}:${process.env.PATH}` })).toBe(gpus)
})
