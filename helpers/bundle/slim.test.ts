import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { isSlimmedAway, slim } from './slim.ts'

test.for([
  ['vllm/vllm_flash_attn/_vllm_fa2_C.abi3.so', true],
  ['vllm/vllm_flash_attn/_vllm_fa3_C.abi3.so', false],
  ['vllm/_flashmla_C.abi3.so', true],
  ['vllm/v1/attention/backends/mla/flashmla.py', false],
  ['vllm/vllm-rs', true],
  ['vllm/third_party/cutlass_library/a.py', true],
  ['vllm/third_party/deep_gemm/_C.cpython-310-x86_64-linux-gnu.so', true],
  ['vllm/third_party/deep_gemm/_C.cpython-312-x86_64-linux-gnu.so', false],
  ['vllm/third_party/deep_gemm/_C.py', false],
  ['vllm/third_party/deep_gemm/_C_extension.abi3.so', false],
  ['other/_vllm_fa2_C.abi3.so', false],
  ['vllm/_C_stable_libtorch.abi3.so', false],
] as const)('%s is left out: %s', ([path, expected]) => {
  expect(isSlimmedAway(path, '3.12')).toBe(expected)
})

test('only those files go', async () => {
  const site = mkdtempSync(join(tmpdir(), 'slim-'))
  onTestFinished(() => rmSync(site, { recursive: true, force: true }))
  for (const path of ['vllm/a/_flashmla_C.so', 'vllm/a/__init__.py']) {
    mkdirSync(dirname(join(site, path)), { recursive: true })
    writeFileSync(join(site, path), '')
  }
  expect(await slim(site, '3.12')).toEqual(['vllm/a/_flashmla_C.so'])
  expect(existsSync(join(site, 'vllm/a/__init__.py'))).toBe(true)
})
