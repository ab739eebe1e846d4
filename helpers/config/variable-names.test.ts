import { describe, expect, test } from 'vitest'
import { VARIABLES } from './configuration.ts'
import { ENVIRONMENT_ONLY, ineffective, nearMisses, unknownNames } from './variable-names.ts'

const text = '# mine\nITERATIONS=3\nexport SCENARIO=cold\n  NO_COLOR = 1\nHTTP_PROXY=x\n'

test('a name in .env that nobody reads is named with its line and the nearest', () =>
  expect(unknownNames(['ITERATIONS', 'SCENARIO', 'NO_COLOR', 'HTTP_PROXY'], text, VARIABLES)).toEqual([
    '.env:3: SCENARIO is no variable of the suite; did you mean "SCENARIOS"?',
    '.env:4: NO_COLOR is read from the environment only',
    '.env:5: HTTP_PROXY is no variable of the suite',
  ]))

test('every variable may stand there', () => expect(unknownNames([...VARIABLES], '', VARIABLES)).toEqual([]))

describe('in the environment', () => {
  test.for([
    ['ITERATION', 'ITERATIONS'],
    ['iterations', 'ITERATIONS'],
    ['GPU_MEM_UTIL', 'GPU_MEMORY_UTIL'],
    ['MODLE_ID', 'MODEL_ID'],
    ['SCENARIO', 'SCENARIOS'],
    ['STATEDIR', 'STATE_DIR'],
  ] as const)('%s may be meant for %s', ([name, meant]) =>
    expect(nearMisses([name], VARIABLES)).toEqual([`${name} is set and not read; did you mean ${meant}?`]),
  )

  const others = ['PATH', 'HOME', 'MODEL', 'DIR', 'PORT', 'IMAGE', 'LANG', 'ENV', 'TERM', 'SHELL', 'HF_HOME', 'CI']
  test('what is meant for others is no slip, nor is a right name', () =>
    expect(nearMisses([...others, ...VARIABLES, ...ENVIRONMENT_ONLY], VARIABLES)).toEqual([]))
})

describe('without a GPU and without ENGINE', () => {
  test.for([
    [{ VLLM_IMAGE: 'docker.io/vllm/vllm-openai:v0.26.0' }, 'VLLM_IMAGE'],
    [{ VLLM_IMAGE: 'host', VLLM_SITE: '/opt/vllm', MODEL_ID: '/data/model' }, 'VLLM_IMAGE, VLLM_SITE'],
    [{ GPU_DEVICES: '0' }, 'GPU_DEVICES'],
  ] as const)('%o has no effect, and that is said', ([variables, names]) =>
    expect(ineffective(variables)).toEqual([
      expect.stringContaining(`no effect: ${names}, because the engine is llama-cpp`),
    ]),
  )

  test.for([{}, { MODEL_ID: '/m.gguf' }, { ENGINE: 'vllm', VLLM_IMAGE: 'host' }, { VLLM_IMAGE: '' }])(
    '%o needs no warning',
    variables => expect(ineffective(variables)).toEqual([]),
  )
})
