import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { trial } from './criu-trial.ts'

describe.skipIf(spawnSync('perl', ['-v']).status !== 0)('a program that is no CRIU (needs perl)', () => {
  let folder: string
  const program = (script: string) => {
    const path = join(folder, 'criu')
    writeFileSync(path, `#!/bin/sh\n${script}\n`)
    chmodSync(path, 0o755)
    return path
  }
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'no-criu-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  test('says yes to everything: the process that it "dumped" is still there', async () => {
    expect(await trial(program('exit 0'), 10)).toMatchObject({
      works: false,
      why: 'criu dump: it reports that it dumped a process, which is still there: is this CRIU?',
    })
  })
  test('says no', async () => {
    expect(await trial(program('echo no; exit 1'), 10)).toMatchObject({
      works: false,
      why: expect.stringContaining('no'),
    })
  })
})
