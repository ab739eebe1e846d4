import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { EnvFileError, envFile } from '../core/env-file.ts'
import { Problem } from '../core/problem.ts'
import { redact } from '../core/redact.ts'
import { splitWords } from '../core/words.ts'
import { corruptText, orItsOwnError } from '../testing/corrupt.ts'
import { parseConfiguration, VARIABLES } from './configuration.ts'

const folder = mkdtempSync(join(tmpdir(), 'configuration-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Values that are right for some variable, or nearly. */
const GOOD = [
  'llama-cpp',
  'vllm',
  'openai',
  '1',
  '0',
  '5',
  '1GB',
  '0.9',
  'all',
  '0,1',
  'runc',
  'host',
  '8g',
  '/tmp',
  'a/b',
  'docker.io/vllm/vllm-openai:latest',
  '--seed 7 "a b"',
  'podman-in-place*',
]
const HOSTILE = [
  '-rf',
  '--',
  ' ',
  '\t',
  'a\nb',
  '\0',
  '../../etc',
  '$(touch x)',
  '; rm x',
  '`x`',
  '"',
  "'",
  'é',
  '\uD800',
  '9'.repeat(400),
  `1${'.0'.repeat(200)}`,
  '1e9',
  '-1',
  '0x10',
  'NaN',
  'Infinity',
  '__proto__',
  '*'.repeat(300),
  'a'.repeat(5000),
  '1 GB',
  '99999999999999TB',
  '/a:b',
  '/a,b',
  '/a)b',
  '/a\\b',
]
const value = fc.oneof(
  fc.constantFrom(...GOOD),
  fc.constantFrom(...HOSTILE),
  fc.constantFrom(...GOOD).chain(corruptText),
  fc.string({ unit: 'binary', maxLength: 40 }),
)
const environment = fc.dictionary(fc.constantFrom(...VARIABLES), value, { maxKeys: 8 })

test('any environment gives a configuration or a Problem', () =>
  fc.assert(
    fc.property(environment, fc.boolean(), (variables, hasGpu) => {
      const c = orItsOwnError(Problem, () => parseConfiguration(variables, hasGpu))
      if (!c) return
      for (const path of [c.checkpointDir, c.stateDir, c.modelsCache, c.checkpointPath, c.targetsFile])
        expect(isAbsolute(path) && !/[\0-\x1f]/.test(path)).toBe(true)
      for (const number of [
        c.modelBytes,
        c.iterations,
        c.apiPort,
        c.maxModelLen,
        c.gpuMemoryUtil,
        c.healthCheckTimeout,
      ])
        expect(Number.isFinite(number) && number > 0).toBe(true)
      expect(c.modelBytes).toBeLessThanOrEqual(1e13)
      for (const text of [c.containerName, c.ociRuntime, c.modelId]) expect(text.startsWith('-')).toBe(false)
    }),
    { numRuns: 2000 },
  ))

test('every single variable with every hostile value: a configuration, or a Problem that names it', () => {
  for (const name of VARIABLES) {
    for (const hostile of HOSTILE) {
      try {
        parseConfiguration({ [name]: hostile }, false)
      } catch (error) {
        expect(error).toBeInstanceOf(Problem)
        expect((error as Error).message).toContain(name === 'ENGINE' ? 'ENGINE' : name)
      }
    }
  }
})

test.for(['99999999999999TB', '0MB', '0.5', '9'.repeat(400)])('MODEL_SIZE=%s is no size', size =>
  expect(() => parseConfiguration({ MODEL_SIZE: size }, false)).toThrow('MODEL_SIZE: received'),
)

describe('hostile paths', () => {
  test.for(['STATE_DIR', 'CHECKPOINT_DIR', 'MODELS_CACHE', 'VLLM_SITE', 'NVIDIA_LIBS_PATH'])(
    '%s with a character that mounts split at is refused',
    name => {
      for (const character of ':,)\\')
        expect(() => parseConfiguration({ [name]: `/tmp/a${character}b` }, false)).toThrow(
          `${name}: received "/tmp/a${character}b", allowed is a path without`,
        )
      expect(parseConfiguration({ [name]: '/tmp/-rf $(a; \'b\' "c"' }, false)).toBeTruthy()
    },
  )
  test.for(['RESULTS_DIR', 'STATE_DIR', 'CHECKPOINT_DIR', 'MODELS_CACHE', 'CKPT_PATH'])(
    '%s is made where it is missing, which /proc never lets happen',
    name => {
      expect(() => parseConfiguration({ [name]: '/proc/x' }, false)).toThrow(
        `${name}: received "/proc/x", allowed is a path outside /proc`,
      )
    },
  )
  test('RESULTS_DIR may have any but "\\"', () => {
    expect(() => parseConfiguration({ RESULTS_DIR: '/tmp/a\\b' }, false)).toThrow(
      'RESULTS_DIR: received "/tmp/a\\b", allowed is a path without',
    )
    expect(parseConfiguration({ RESULTS_DIR: '/tmp/a:b,c)' }, false).resultsDir).toBe('/tmp/a:b,c)')
  })
  test('a GGUF file may have any name, its folder may not', () => {
    const file = join(folder, '-a:b,c).gguf')
    writeFileSync(file, '')
    expect(parseConfiguration({ ENGINE: 'llama-cpp', MODEL_ID: file }, false).modelId).toBe(file)
    expect(() => parseConfiguration({ ENGINE: 'vllm', MODEL_ID: file }, false)).toThrow('MODEL_ID: received')
  })
  test('CKPT_PATH is a file: a new checkpoint takes the place of what is there', () => {
    const given = (CKPT_PATH: string) => () => parseConfiguration({ CKPT_PATH }, false)
    for (const there of [folder, `${folder}/`, '/'])
      expect(given(there)).toThrow(/CKPT_PATH: received .* allowed is a path for a file, and \/\S* is a folder/)
    expect(given('/dev/null/new.tar')).toThrow('allowed is a path for a file, and /dev/null is a file')
    expect(given(join(folder, 'new.tar'))().checkpointPath).toBe(join(folder, 'new.tar'))
  })
  test('a folder, or what is no file, is no GGUF file', () => {
    const given = (MODEL_ID: string) => () => parseConfiguration({ ENGINE: 'llama-cpp', MODEL_ID }, false)
    expect(given(folder)).toThrow(`MODEL_ID: received "${folder}", which is a folder; ENGINE=llama-cpp takes`)
    expect(given('/dev/null')).toThrow('MODEL_ID: received "/dev/null", which is no file;')
    expect(given('Qwen/Qwen2-1.5B-Instruct')).toThrow('which is no file;')
  })
  test("a path that is not there is no model of the host's vLLM; in an image it may be there", () => {
    const given = (environment: Record<string, string>) => () =>
      parseConfiguration({ ENGINE: 'vllm', VLLM_IMAGE: 'host', ...environment }, false)
    expect(given({ MODEL_ID: '/nowhere/m' })).toThrow(/^ {2}MODEL_ID: received "\/nowhere\/m", and nothing is there/m)
    expect(given({ SECOND_MODEL_ID: '/nowhere/m' })).toThrow(/^ {2}SECOND_MODEL_ID: received "\/nowhere\/m"/m)
    expect(given({ MODEL_ID: folder })().modelId).toBe(folder)
    expect(given({ MODEL_ID: 'Qwen/Qwen2-1.5B' })().modelId).toBe('Qwen/Qwen2-1.5B')
    expect(given({ MODEL_ID: '/models/m', VLLM_IMAGE: 'an/image:1' })().modelId).toBe('/models/m')
  })
  test('a second model is read as the first one is, and called by its own variable', () => {
    const file = join(folder, 'second.gguf')
    writeFileSync(file, 'four')
    const given = (second: string) => parseConfiguration({ ENGINE: 'llama-cpp', SECOND_MODEL_ID: second }, false)
    expect(given(file).secondModel).toMatchObject({ id: file, bytes: 4, isRandom: false })
    expect(given('').secondModel).toBeUndefined()
    expect(() => given(join(folder, 'gone.gguf'))).toThrow(/^ {2}SECOND_MODEL_ID: received .*gone\.gguf/m)
    const named = parseConfiguration({ ENGINE: 'vllm', SECOND_MODEL_ID: 'a/model' }, false)
    expect(named.secondModel).toMatchObject({ id: 'a/model' })
  })
})

describe('misleading values', () => {
  const file = join(folder, 'a-file')
  writeFileSync(file, '')
  test.for(['STATE_DIR', 'CHECKPOINT_DIR', 'MODELS_CACHE', 'RESULTS_DIR'])(
    "%s is a folder of the suite's own",
    name => {
      expect(() => parseConfiguration({ [name]: file }, false)).toThrow(
        `${name}: received "${file}", allowed is a path for a folder, and ${file} is a file`,
      )
      expect(() => parseConfiguration({ [name]: join(file, 'b/c') }, false)).toThrow(
        `allowed is a path for a folder, and ${file} is a file`,
      )
      expect(() => parseConfiguration({ [name]: '/' }, false)).toThrow(
        `${name}: received "/", allowed is a folder for the suite alone`,
      )
      expect(parseConfiguration({ [name]: join(folder, 'none/b') }, false)).toBeTruthy()
    },
  )
  test.for(['~', '~/results', '$HOME/results', '${HOME}'])('nothing expands %s', value => {
    for (const name of ['RESULTS_DIR', 'REFERENCE', 'CRIU_BIN'])
      expect(() => parseConfiguration({ [name]: value }, false)).toThrow(
        `${name}: received "${value}", allowed is a full path`,
      )
  })
  test('a URL is no image', () =>
    expect(() => parseConfiguration({ ENGINE_IMAGE: 'https://docker.io/x' }, false)).toThrow(
      'ENGINE_IMAGE: received "https://docker.io/x", allowed is an image reference',
    ))
  test('commas between scenarios, at an end as well', () => {
    expect(parseConfiguration({ SCENARIOS: 'cold,,a*,' }, false).scenarios).toEqual(['cold', 'a*'])
    expect(() => parseConfiguration({ SCENARIOS: ',' }, false)).toThrow('SCENARIOS: received ","')
    const names = ['podman-in-place/best', '*/tmpfs', 'cold.page-cache-cold']
    expect(parseConfiguration({ SCENARIOS: names.join() }, false).scenarios).toEqual(names)
  })
})

describe('TENSOR_PARALLEL', () => {
  const parsed = (environment: Record<string, string>) => parseConfiguration({ ENGINE: 'vllm', ...environment }, true)
  test('one GPU, or as many as it says', () => {
    expect(parsed({}).tensorParallel).toBe(1)
    expect(parsed({ TENSOR_PARALLEL: '2', GPU_DEVICES: '0,3' }).tensorParallel).toBe(2)
  })
  test.for([
    [{ TENSOR_PARALLEL: '0' }, 'TENSOR_PARALLEL: received "0", allowed is at least 1'],
    [{ TENSOR_PARALLEL: '2', GPU_DEVICES: '1' }, 'and GPU_DEVICES=1 names 1: name as many'],
    [{ TENSOR_PARALLEL: '2', GPU_DEVICES: '1,1' }, 'and GPU_DEVICES=1,1 names 1'],
    [{ TENSOR_PARALLEL: '2', ENGINE: 'llama-cpp' }, 'ENGINE=llama-cpp has no such setting'],
    [{ ENGINE_ARGS: '--seed 7 -tp 2' }, 'ENGINE_ARGS: received "-tp": set TENSOR_PARALLEL'],
    [{ ENGINE_ARGS: '--tensor_parallel_size=2' }, 'ENGINE_ARGS: received "--tensor_parallel_size=2": set'],
  ] as const)('%o is refused', ([environment, why]) => expect(() => parsed(environment)).toThrow(why))
})

describe('secrets', () => {
  test('HF_TOKEN is never said back', () => {
    expect(() => parseConfiguration({ HF_TOKEN: 'two words' }, false)).toThrow(
      'HF_TOKEN (its value is not shown): allowed is a token without spaces',
    )
    expect(parseConfiguration({ HF_TOKEN: 'abc' }, false).hfToken).toBe('abc')
  })
  test.for(['ENGINE_ARGS', 'ENGINE_COMMAND'])('%s with one is refused, and says what else to do', name => {
    expect(() => parseConfiguration({ [name]: 'x --api-key hunter22' }, false)).toThrow(
      `${name}: received "x --api-key ***", allowed is words without a secret such as that of --api-key`,
    )
    expect(() => parseConfiguration({ [name]: 'x --max-tokens 8 --api-key-file /x' }, false)).not.toThrow()
  })
})

describe('.env', () => {
  const read = (bytes: Buffer) => {
    writeFileSync(join(folder, '.env'), bytes)
    return envFile(join(folder, '.env'))
  }
  test('any bytes give variables, or what is wrong with them', () =>
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }).map(bytes => Buffer.from(bytes)),
          corruptText('A=1\nB="x y"\n# c\nexport C=\'d\'\n').map(text => Buffer.from(text)),
        ),
        bytes => {
          const variables = orItsOwnError(EnvFileError, () => read(bytes))
          for (const [name, text] of Object.entries(variables ?? {}))
            expect([typeof name, typeof text]).toEqual(['string', 'string'])
        },
      ),
    ))
  const TEXT = 'A=1\nB=é\n'
  test.for([Buffer.from(TEXT), Buffer.from(`\uFEFF${TEXT}`), Buffer.from(TEXT.replaceAll('\n', '\r\n'))])(
    'UTF-8, with a byte order mark or without',
    bytes => expect(read(bytes)).toEqual({ A: '1', B: 'é' }),
  )
  const utf16 = (text: string) => Buffer.from(text, 'utf16le')
  test.for([
    [
      'UTF-16LE',
      utf16(`\uFEFF${TEXT}`),
      'is UTF-16LE, as its first bytes say; UTF-8 is needed\nSave it as UTF-8 in an editor, or: iconv -f ' +
        'UTF-16LE -t UTF-8 ',
    ],
    ['UTF-16BE', utf16(`\uFEFF${TEXT}`).swap16(), 'is UTF-16BE, as its first bytes say'],
    ['UTF-32LE', Buffer.from([0xff, 0xfe, 0, 0, 0x41, 0, 0, 0]), 'is UTF-32LE, as its first bytes say'],
    ['UTF-16 without a mark', utf16(TEXT), 'has a NUL byte in line 1, as UTF-16 has; UTF-8 is needed'],
    ['a NUL', Buffer.from('A=1\nB=x\0y\n'), 'has a NUL byte in line 2'],
    ['Latin-1', Buffer.from(TEXT, 'latin1'), 'is no UTF-8 in line 2\nSave it as UTF-8'],
    ['a character cut in two', Buffer.from(TEXT).subarray(0, -2), 'is no UTF-8 in line 2'],
  ] as const)('%s is refused', ([, bytes, why]) => expect(() => read(bytes)).toThrow(`${join(folder, '.env')} ${why}`))
  test('none is no error', () => expect(envFile(join(folder, 'none'))).toEqual({}))
})

test('words: none are lost, quotes keep them together, an open quote is seen', () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[^\s"']+$/)), words => {
      expect(splitWords(words.join(' '))).toEqual(words)
    }),
  )
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[^"]*$/)), words => {
      expect(splitWords(words.map(word => `"${word}"`).join(' '))).toEqual(words)
    }),
  )
  fc.assert(
    fc.property(fc.string(), text => {
      splitWords(text)
    }),
  )
  expect(splitWords('a "b')).toBeUndefined()
})

test('what is said of a secret on a command line is not taken for one', () => {
  const said = 'words without a secret such as that of --api-key, because every user of this host can read them'
  expect(() => parseConfiguration({ ENGINE_ARGS: '--api-key hunter22' }, false)).toThrow(said)
  expect(redact(said)).toBe(said)
})
