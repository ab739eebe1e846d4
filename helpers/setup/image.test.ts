import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Configuration } from '../config/configuration.ts'
import { writeRecord } from '../core/record.ts'
import { imageOf, imageStore, tagOf } from './image.ts'

test('a version becomes a tag', () => {
  expect(tagOf('1:0.7.0+dfsg-2~bpo')).toBe('1_0.7.0_dfsg-2_bpo')
  expect(tagOf('-.x')).toBe('x')
})

test('the image that is named, or the one that set-up made', () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'image-'))
  onTestFinished(() => rmSync(stateDir, { recursive: true, force: true }))
  const c = (more: Partial<Configuration>) =>
    ({
      stateDir,
      engine: 'llama-cpp',
      vllmImage: 'docker.io/vllm/vllm-openai:latest',
      engineImage: undefined,
      ...more,
    }) as Configuration
  expect(imageOf(c({}))).toBeUndefined()
  writeRecord(stateDir, 'image-llama-cpp', { image: 'localhost/llama:1', packages: {} })
  expect(imageOf(c({}))).toBe('localhost/llama:1')
  expect(imageOf(c({ engine: 'vllm' }))).toBe('docker.io/vllm/vllm-openai:latest')
  expect(imageOf(c({ engine: 'vllm', vllmImage: 'host' }))).toBe('localhost/criu-gpu-bench/host:1')
  expect(imageOf(c({ engine: 'openai', engineImage: 'localhost/mine' }))).toBe('localhost/mine')
  writeFileSync(join(stateDir, 'image-llama-cpp.json'), '{"image": "localh')
  expect(imageOf(c({}))).toBeUndefined()
})

test('two state folders share no run-time state', () => {
  expect(imageStore('/a').runroot).not.toBe(imageStore('/b').runroot)
})
