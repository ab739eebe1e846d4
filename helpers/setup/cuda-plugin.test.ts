import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import type { Configuration } from '../config/configuration.ts'
import { writeRecord } from '../core/record.ts'
import { cudaPlugin, cudaPluginStep, pluginFolder, pluginOptions, programScript } from './cuda-plugin.ts'
import { glibcOf } from './cuda-plugin-build.ts'

let stateDir: string
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'cuda-plugin-'))
  vi.stubEnv('PATH', '/usr/bin:/bin')
  onTestFinished(() => {
    vi.unstubAllEnvs()
    rmSync(stateDir, { recursive: true, force: true })
  })
})

const write = (path: string, text = '') => {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  chmodSync(path, 0o755)
}
const chosen = (version: string, from = 'debian') =>
  writeRecord(stateDir, 'criu', { path: join(stateDir, `criu-${version}/bin/criu`), version, from })
const made = (version: string) => {
  write(join(pluginFolder(stateDir), 'cuda_plugin.so'))
  write(join(pluginFolder(stateDir), 'criu-version'), `${version}\n`)
  write(join(stateDir, 'bin/cuda-checkpoint'))
}
const probe = () => cudaPluginStep.probe({ stateDir } as Configuration)

test("the plugin of the CRIU that was chosen, and the program that is first on CRIU's PATH", () => {
  chosen('4.2.1-1')
  expect(cudaPlugin(stateDir)).toBeUndefined()
  made('4.2.1-1')
  const folder = pluginFolder(stateDir)
  expect(cudaPlugin(stateDir)).toEqual({ folder, program: join(stateDir, 'bin/cuda-checkpoint') })
  expect(pluginOptions({ stateDir }, 'criu-plugin')).toEqual([`libdir ${folder}`, 'timeout 60'])
})

test('a plugin of another CRIU is none', async () => {
  chosen('4.3-1')
  made('4.2.1-1')
  expect(cudaPlugin(stateDir)).toBeUndefined()
  expect(pluginOptions({ stateDir }, 'criu-plugin')).toEqual([])
  vi.stubEnv('PATH', '/nowhere')
  expect(await probe()).toMatchObject({ state: 'ok', found: expect.stringContaining('no C compiler') })
})

test("NVIDIA's own program goes first", () => {
  chosen('4.2.1-1')
  made('4.2.1-1')
  write(join(stateDir, 'nvidia/cuda-checkpoint'))
  vi.stubEnv('PATH', `${join(stateDir, 'bin')}:${join(stateDir, 'nvidia')}`)
  expect(cudaPlugin(stateDir)?.program).toBe(join(stateDir, 'nvidia/cuda-checkpoint'))
})

test("where the suite moves GPU state, the host's plugin is not loaded; else nothing is said", () => {
  expect(pluginOptions({ stateDir }, 'suite', true)).toEqual(['libdir /sys'])
  expect(pluginOptions({ stateDir }, 'none', true)).toEqual(['libdir /sys'])
  expect(pluginOptions({ stateDir }, 'suite', false)).toEqual([])
})

test('set-up goes on without it, tries it once for a CRIU, and says how to try again', async () => {
  expect(await probe()).toMatchObject({ state: 'missing' })
  chosen('4.2.1-1')
  writeRecord(stateDir, 'cuda-plugin', { criu: '4.2.1-1', why: 'the mirror cannot be reached' })
  vi.stubEnv('PATH', join(stateDir, 'compiler'))
  write(join(stateDir, 'compiler/gcc'))
  expect(await probe()).toMatchObject({
    state: 'ok',
    found: "none, the mirror cannot be reached (only cuda: 'criu-plugin' needs it)",
    remedy: expect.stringContaining('cuda-plugin.json'),
  })
  chosen('4.3-1')
  expect(await probe()).toMatchObject({ state: 'missing' })
  chosen('4.1', 'CRIU_BIN')
  expect(await probe()).toMatchObject({ state: 'ok', found: expect.stringContaining('came without') })
})

test('a bundle brought both: made without a compiler', async () => {
  chosen('4.2.1-1')
  made('4.2.1-1')
  rmSync(join(stateDir, 'bin'), { recursive: true })
  write(join(pluginFolder(stateDir), 'cuda-checkpoint'))
  vi.stubEnv('PATH', '/nowhere')
  expect(await probe()).toMatchObject({ state: 'missing' })
  await cudaPluginStep.make({ stateDir } as Configuration, () => {})
  expect(await probe()).toMatchObject({ state: 'ok', found: expect.stringContaining('cuda_plugin.so, ') })
})

test('a mirror that cannot be reached: said, written down, and no error', async () => {
  chosen('4.2.1-1')
  vi.stubEnv('DEBIAN_MIRROR', 'file:///nowhere')
  const said: string[] = []
  await cudaPluginStep.make({ stateDir } as Configuration, line => said.push(line))
  expect(said.join('\n')).toContain('file:///nowhere')
  expect(await probe()).toMatchObject({ state: 'ok', found: expect.stringContaining("sid's criu 4.2.1-1 (source)") })
})

test("CRIU's program finds the driver's library as set-up did", () => {
  write(join(stateDir, 'a folder/cuda-checkpoint'), '#!/bin/sh\necho "$CUDA_LIBRARY|$LD_LIBRARY_PATH|$*"\n')
  const set = { CUDA_LIBRARY: "/it's/libcuda.so", LD_LIBRARY_PATH: '/a:/b', OTHER: 'x' }
  write(join(stateDir, 'script'), programScript(join(stateDir, 'a folder'), set))
  const { stdout } = spawnSync(join(stateDir, 'script'), ['--pid', '1 2'], { encoding: 'utf8', env: {} })
  expect(stdout).toBe("/it's/libcuda.so|/a:/b|--pid 1 2\n")
  expect(programScript('/f', {})).toBe('#!/bin/sh\nexec /f/cuda-checkpoint "$@"\n')
})

test('the newest glibc that a file asks for', async () => {
  write(join(stateDir, 'library'), '\0GLIBC_2.2.5\0GLIBC_2.34\0GLIBC_2.7\0')
  expect(await glibcOf(join(stateDir, 'library'))).toBe('2.34')
})
