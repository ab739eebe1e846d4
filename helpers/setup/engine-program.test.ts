import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { writeRecord } from '../core/record.ts'
import { engineProgram, newerThanTested, optionsOf, versionOf } from './engine-program.ts'

/** Lines of `llama-server --help`, 0.7.0. */
const HELP = `-h,    --help, --usage                  print usage and exit
-lm,   --load-mode MODE                 model loading mode (default: auto)
                                        - none: no special loading mode
                                        --no-mmap is no option any more
--prio N                                set process/thread priority : low(-1), normal(0), medium(1), high(2),
-kvu,  --kv-unified, -no-kvu, --no-kv-unified
--cache-prompt, --no-cache-prompt       whether to enable prompt caching (default: enabled)
--poll <0...100>                        use polling level to wait for work (0 - no polling, default: 50)
-cram, --cache-ram N                    set the maximum cache size in MiB (default: 8192, --ctx-size, 0 - disable)`

test('the options of a help text; a name in what is told of another is none', () => {
  expect(optionsOf(HELP)).toEqual([
    '-h',
    '--help',
    '--usage',
    '-lm',
    '--load-mode',
    '--prio',
    '-kvu',
    '--kv-unified',
    '-no-kvu',
    '--no-kv-unified',
    '--cache-prompt',
    '--no-cache-prompt',
    '--poll',
    '-cram',
    '--cache-ram',
  ])
  expect(optionsOf('--no-mmap                               do not memory-map model (slower load)')).toEqual([
    '--no-mmap',
  ])
  expect(optionsOf('error while loading shared libraries')).toEqual([])
})

test('the version, of before and after it had dots', () => {
  expect(versionOf('\nversion: 0.7.0 (build 11669, commit Debian)\nbuilt with GNU')).toBe('0.7.0')
  expect(versionOf('version: 5882 (d1aa0cc5)\nbuilt with cc')).toBe('5882')
  expect(versionOf('built with cc')).toBeNull()
})

test('a newer version than the tested one is said', () => {
  for (const version of ['0.7.1', '0.10.0', '1.0', '0.7.0.1'])
    expect(newerThanTested(version, { label: 'llama.cpp', tested: '0.7.0' })).toBe(
      `llama.cpp ${version} is newer than 0.7.0, the newest that the suite was tested with`,
    )
  for (const version of ['0.7.0', '0.7', '0.6.9', '5882', null, undefined])
    expect(newerThanTested(version, { label: 'llama.cpp', tested: '0.7.0' })).toBeUndefined()
})

test("what one image said is not taken for another's", () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'engine-program-'))
  onTestFinished(() => rmSync(stateDir, { recursive: true, force: true }))
  expect(engineProgram(stateDir, { id: 'a' })).toBeUndefined()
  writeRecord(stateDir, 'engine-program', { imageId: 'a', version: '0.7.0', options: ['--load-mode'] })
  expect(engineProgram(stateDir, { id: 'a' })).toEqual({ version: '0.7.0', options: ['--load-mode'] })
  expect(engineProgram(stateDir, { id: 'b' })).toBeUndefined()
})
