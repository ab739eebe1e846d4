import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { parseConfiguration } from '../config/configuration.ts'
import { busBandwidth, parseCsv } from '../cuda/nvidia-smi.ts'
import { vllm } from '../engines/vllm.ts'
import { gpuSteps, judgeDriver, judgeGpus, judgeMemory, parseDriverVersion } from './gpu.ts'

const OPEN =
  'NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.159.04  Release Build  (root@builder)  ' +
  'Wed May 1 2026\nGCC version:  gcc version 13.3.0'
const CLOSED =
  'NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5 22:23:56 UTC 2024\nGCC version: gcc version 12'

test("the driver's version, of the open and of the closed module", () => {
  expect(parseDriverVersion(OPEN)).toBe('580.159.04')
  expect(parseDriverVersion(CLOSED)).toBe('550.54.15')
  expect(parseDriverVersion('nonsense')).toBeUndefined()
})

test('the driver: new enough, too old, absent, without a GPU', () => {
  expect(judgeDriver(OPEN, ['nvidia0'])).toEqual({ state: 'ok', found: 'driver 580.159.04, 1 GPU', remedy: undefined })
  expect(judgeDriver(CLOSED, ['nvidia0'])).toMatchObject({
    state: 'too-old',
    remedy: expect.stringContaining('570 or newer'),
  })
  expect(judgeDriver(undefined, [])).toMatchObject({
    state: 'unusable',
    remedy: expect.stringContaining('ENGINE=llama-cpp'),
  })
  expect(judgeDriver(OPEN, [])).toMatchObject({ state: 'unusable' })
})

test('a driver that can hang the host when a restored process is killed, as every trial does, is refused', () => {
  const version = (text: string, number: string) => judgeDriver(text.replace(/\d+\.\d+\.\d+/, number), ['nvidia0'])
  expect(version(OPEN, '595.71.05')).toMatchObject({
    state: 'unusable',
    found: expect.stringContaining('cuda-checkpoint/issues/53'),
    remedy: expect.stringContaining('another driver'),
  })
  expect(version(CLOSED, '595.71.05').state).toBe('ok')
  expect(version(OPEN, '595.72.01').state).toBe('ok')
})

test('the GPUs that are named, and as many as one server needs', () => {
  const judged = (gpuDevices: 'all' | number[], tensorParallel: number, devices = ['nvidia0', 'nvidia1']) =>
    judgeGpus({ gpuDevices, tensorParallel }, devices)
  expect(judged('all', 2)).toMatchObject({ state: 'ok', found: '2 on this host, 2 named, 2 for each server' })
  expect(judged([1], 1).state).toBe('ok')
  expect(judged('all', 4)).toMatchObject({ state: 'unusable', remedy: expect.stringContaining('TENSOR_PARALLEL=4') })
  expect(judged([0, 2], 2)).toMatchObject({ state: 'unusable', found: expect.stringContaining('no /dev/nvidia2') })
  expect(judged('all', 2, []).state).toBe('ok')
})

test('GPU memory that others hold', () => {
  const gpu = (used: number) => ({ used: used * 1024 ** 3, total: 80 * 1024 ** 3 })
  expect(judgeMemory([gpu(0.5)], 0.9)).toMatchObject({ state: 'ok', found: '0.5 GiB of 80.0 GiB used' })
  expect(judgeMemory([gpu(0), gpu(20)], 0.9)).toMatchObject({
    state: 'unusable',
    remedy: expect.stringContaining('GPU_MEMORY_UTIL=0.9'),
  })
})

test(
  'what a bus carries, by its generation and width; the slowest GPU counts, one that does not say is ' + 'left out',
  () => {
    expect(
      busBandwidth([
        [5, 16],
        [4, 16],
      ])! / 1e9,
    ).toBeCloseTo(31.5, 1)
    expect(
      busBandwidth([
        [5, 16],
        [0, 16],
      ])! / 1e9,
    ).toBeCloseTo(63, 1)
    expect(busBandwidth(parseCsv('[N/A], [N/A]\n'))).toBeUndefined()
  },
)

test('what nvidia-smi prints: numbers, and lines without', () => {
  expect(parseCsv('520, 81559\n[N/A], 81559\n\n')).toEqual([[520, 81559]])
})

test('vLLM from the host', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'site-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const site = gpuSteps(vllm).find(({ name }) => name === 'vLLM')!
  const c = (environment: Record<string, string>) => parseConfiguration({ ENGINE: 'vllm', ...environment }, true)
  expect(await site.probe(c({}))).toMatchObject({ state: 'ok', found: 'in docker.io/vllm/vllm-openai:latest' })
  expect(await site.probe(c({ VLLM_IMAGE: 'host' }))).toMatchObject({
    state: 'unusable',
    found: 'VLLM_SITE is not set',
  })
  const own = c({ VLLM_IMAGE: 'host', VLLM_SITE: folder })
  expect(await site.probe(own)).toMatchObject({ state: 'unusable', found: `no vllm in ${folder}` })
  mkdirSync(join(folder, 'vllm'))
  mkdirSync(join(folder, 'vllm-0.26.0.dist-info'))
  writeFileSync(join(folder, 'vllm/__init__.py'), '')
  expect(await site.probe(own)).toMatchObject({ state: 'ok', found: `0.26.0 in ${folder}` })
})

test("what only the host's owner can bring is said, not made", async () => {
  const driver = gpuSteps(vllm)[0]!
  const c = parseConfiguration({ ENGINE: 'vllm' }, true)
  const found = await driver.probe(c)
  if (found.state !== 'ok')
    await expect(driver.make(c, () => {})).rejects.toThrow(/set-up: NVIDIA driver: .*\n.*570 or newer/)
})
