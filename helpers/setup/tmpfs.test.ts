import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { noteFolder } from '../../fixtures/testing/test-marks.ts'
import type { Configuration } from '../config/configuration.ts'
import { mountTmpfs, unmountBelow } from '../host/mounts.ts'
import { tmpfs, tmpfsSize, tooSmall } from './tmpfs.ts'

const GIB = 1024 ** 3
const at = (checkpointDir: string) => ({ checkpointDir, engine: 'llama-cpp', modelBytes: 1 }) as Configuration

test('six models and a gigabyte for the random model', () => {
  expect(tmpfsSize({ engine: 'llama-cpp', modelBytes: 1e9 }, 100 * GIB)).toEqual({
    bytes: 6e9 + GIB,
    wanted: 6e9 + GIB,
  })
})

test('never more than half of the available memory, and then it is said', () => {
  const size = tmpfsSize({ engine: 'llama-cpp', modelBytes: 1e9 }, 4 * GIB)
  expect(size.bytes).toBe(2 * GIB)
  expect(tooSmall(size)).toBe(
    '2.0 GiB of 6.6 GiB wanted: checkpoints may not fit. Free memory, or set a smaller MODEL_SIZE',
  )
})

test('half of the available memory for an engine of unknown size', () => {
  const size = tmpfsSize({ engine: 'vllm', modelBytes: 1e9 }, 128 * GIB)
  expect(size.bytes).toBe(64 * GIB)
  expect(tooSmall(size)).toBeUndefined()
})

test.skipIf(process.getuid?.() !== 0)('one that is mounted is made larger by the command that is said', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tmpfs-'))
  noteFolder(folder)
  onTestFinished(async () => {
    await unmountBelow(folder)
    rmSync(folder, { recursive: true })
  })
  await mountTmpfs(folder, { size: 100e6 })
  const { remedy } = await tmpfs.probe(at(folder))
  expect(remedy).toMatch(
    /^0\.1 GiB of 1\.0 GiB wanted: checkpoints may not fit together\. mount -o remount,size=1025M /,
  )
  execFileSync('sh', ['-c', remedy!.split('. ').at(-1)!])
  expect((await tmpfs.probe(at(folder))).remedy).toBeUndefined()
})

test('another file system mounted there is not taken for memory', async () => {
  expect(await tmpfs.probe(at('/proc'))).toMatchObject({ state: 'unusable', found: '/proc is proc, not memory' })
})

test('nothing is mounted over files', async () => {
  // not below /tmp, which may be a tmpfs itself
  const folder = mkdtempSync(join(import.meta.dirname, 'checkpoints-'))
  try {
    expect(await tmpfs.probe(at(folder))).toMatchObject({ state: 'missing' })
    mkdirSync(join(folder, 'mine'))
    writeFileSync(join(folder, 'mine/file'), '')
    expect(await tmpfs.probe(at(folder))).toMatchObject({
      state: 'unusable',
      found: expect.stringContaining('holds files'),
      remedy: expect.stringContaining('CHECKPOINT_DIR'),
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
})
