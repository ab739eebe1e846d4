import { expect, test } from 'vitest'
import { sudoArguments, variablesForRoot } from './root.ts'

const environment = {
  PATH: '/node_modules/.bin:/usr/bin',
  HOME: '/home/a',
  XDG_RUNTIME_DIR: '/run/user/1',
  LD_PRELOAD: 'x',
  npm_config_cache: 'x',
  MODEL_ID: 'm',
  HF_TOKEN: 'hf_secret',
  https_proxy: 'http://p',
  'BASH_FUNC_f%%': '() {',
}

test("the suite's variables go along, those of the login stay", () => {
  expect(variablesForRoot(environment)).toEqual(['HF_TOKEN', 'MODEL_ID', 'https_proxy'])
})

test('values never stand in the argument list, PATH excepted', () => {
  expect(sudoArguments(['node', 'a b'], environment)).toEqual([
    '-n',
    '--preserve-env=HF_TOKEN,MODEL_ID,https_proxy',
    '--',
    'env',
    'PATH=/node_modules/.bin:/usr/bin',
    'node',
    'a b',
  ])
})
