import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  HIDDEN,
  isSecretName,
  isSecretValue,
  redactText,
  redactTheseWords,
  secretsOf,
  secretWords,
  withoutSecrets,
} from './secrets.ts'

// put together here, so that no scanner of repositories takes them for real
const hf = `hf_${'aB3'.repeat(11)}`
const sk = `sk-${'proj-x9Y'.repeat(5)}`
const gh = `ghp_${'Z8y7'.repeat(9)}`
const aws = `AKIA${'Q7W8E9R0'.repeat(2)}`
const jwt = `eyJ${'hbGciOi'.repeat(3)}.eyJ${'zdWIiOi'.repeat(3)}.c2lnbmF0dXJl`

describe('names', () => {
  test.for([
    'HF_TOKEN',
    'HUGGING_FACE_HUB_TOKEN',
    '--api-key',
    '--hf-token',
    'api_key',
    'apiKey',
    'dbPassword',
    'AWS_SECRET_ACCESS_KEY',
    'AWS_ACCESS_KEY_ID',
    'OPENAI_KEY_PROD',
    'DB_PWD',
    'credentials',
    'client_secret',
    'Authorization',
    'HF_TOKEN_2',
    'npm_config__authToken',
  ])('%s is one of a secret', name => expect(isSecretName(name)).toBe(true))
  test.for([
    'max_tokens',
    '--max-num-batched-tokens',
    'MAX_TOKENS',
    'eos_token_id',
    'token_embd.weight',
    '--tokenizer-mode',
    'TOKENIZERS_PARALLELISM',
    'HF_TOKEN_PATH',
    'SSH_AUTH_SOCK',
    '--api-key-file',
    '--ssl-keyfile',
    'PWD',
    'OLDPWD',
    'KEYBOARD',
    'MODEL_ID',
    '',
  ])('%s is none', name => expect(isSecretName(name)).toBe(false))
})

describe('text', () => {
  test.for([hf, sk, gh, aws, jwt])('%s is taken out wherever it stands', secret => {
    expect(isSecretValue(secret)).toBe(true)
    for (const text of [secret, `key ${secret}.`, `"${secret}"`, `https://x/?q=${secret}&b`, `a=${secret}\n`])
      expect(redactText(text)).not.toContain(secret)
  })
  test.for([
    ['HF_TOKEN=abcdef', `HF_TOKEN=${HIDDEN}`],
    ['env: HF_TOKEN=abcdef next', `env: HF_TOKEN=${HIDDEN} next`],
    ['{"api_key": "abc def", "n": 1}', `{"api_key": "${HIDDEN}", "n": 1}`],
    [
      "non-default args: {'api_key': ['hunter2'], 'port': 1}",
      `non-default args: {'api_key': ['${HIDDEN}'], 'port': 1}`,
    ],
    ['server --api-key hunter2 --port 1', `server --api-key ${HIDDEN} --port 1`],
    ['curl -H "Authorization: Bearer abcdefgh123"', `curl -H "Authorization: ${HIDDEN}"`],
    ['Authorization: Basic dXNlcjpwdw==', `Authorization: ${HIDDEN}`],
    ['GET with bearer abcdefgh123', `GET with bearer ${HIDDEN}`],
    ['https://user:p@ssword@host/path', `https://${HIDDEN}@host/path`],
    ['-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc\n-----END RSA PRIVATE KEY-----', HIDDEN],
  ] as const)('%s', ([text, expected]) => expect(redactText(text)).toBe(expected))

  test.for([
    'max_tokens=8, eos_token_id=2',
    "print_info: BOS token        = 1 '<s>'",
    'srv  update_slots: n_tokens = 5, token = 12',
    'llama_kv_cache: size = 1.00 MiB',
    'engine.load 64 %',
    'docker.io/vllm/vllm-openai:v0.26.0',
    'http://127.0.0.1:8000/v1/completions',
    'add_bos_token: true',
    '--override-kv tokenizer.ggml.add_bos_token=bool:false',
  ])('stays as it is: %s', text => expect(redactText(text)).toBe(text))

  test('a secret that is known is found in JSON and in a URL too', () => {
    const [secret] = secretsOf({ DB_PASSWORD: 'p"w\\ü/1' })
    for (const text of [secret!, JSON.stringify({ a: secret }), `?x=${encodeURIComponent(secret!)}`])
      expect(redactText(text, [secret!])).toContain(HIDDEN)
  })

  test('whatever stands around it, a known secret is gone', () =>
    fc.assert(
      fc.property(
        fc
          .string({ unit: 'grapheme', minLength: 6, maxLength: 40 })
          .filter(
            secret =>
              secret.trim() === secret && !secret.includes(HIDDEN) && !HIDDEN.includes(secret) && /[a-z]/i.test(secret),
          ),
        fc.string({ maxLength: 60 }),
        fc.string({ maxLength: 60 }),
        (secret, before, after) => {
          const known = secretsOf({ MY_SECRET: secret })
          fc.pre(known.includes(secret) && !`${before}${HIDDEN}${after}`.includes(secret))
          expect(redactText(`${before}${secret}${after}`, known)).not.toContain(secret)
        },
      ),
    ))

  test('twice is as good as once', () =>
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom(
            'token=',
            'api_key',
            ' ',
            '"',
            "'",
            ':',
            '=',
            '--',
            'x',
            '1',
            '[',
            '\n',
            hf,
            '://',
            '@',
            'bearer ',
          ),
        }),
        text => {
          const once = redactText(text)
          expect(redactText(once)).toBe(once)
        },
      ),
    ))
})

describe('the variables of a process', () => {
  test('values by name and by form, and those within command lines', () => {
    expect(
      secretsOf({
        HF_TOKEN: 'abcdefg',
        PATH: '/usr/bin',
        OTHER: hf,
        PODMAN_ARGS: '--env X_SECRET=planted1 --volume a:b',
        ENGINE_ARGS: '--api-key planted2 --seed 7',
      }),
    ).toEqual([hf, 'planted2', 'planted1', 'abcdefg'])
  })
  test('what is too short or too common is not looked for', () => {
    expect(secretsOf({ TOKEN: 'abc', MY_KEY: 'true', API_KEY: '', PWD: '/home/somebody' })).toEqual([])
  })
})

describe('command lines', () => {
  test('the words that hold one', () => {
    expect(
      secretWords(['--api-key', 'hunter2', '--hf-token=abc', '--max-tokens', '12', '--seed', '7', gh]).map(
        ({ index, flag, value }) => [index, flag, value],
      ),
    ).toEqual([
      [1, '--api-key', 'hunter2'],
      [2, '--hf-token', 'abc'],
      [7, '', gh],
    ])
    expect(redactTheseWords(['run', '--env', 'X_SECRET=a$b', '--api-key', 'c'])).toEqual([
      'run',
      '--env',
      `X_SECRET=${HIDDEN}`,
      '--api-key',
      HIDDEN,
    ])
  })
  test('a flag without a value takes none from the next flag', () => {
    expect(secretWords(['--use-token', '--port', '8000', '--override-kv', 'x.add_bos_token=bool:false'])).toEqual([])
  })
  test('podman gets a secret by name, in every spelling of --env', () => {
    const words = [
      '--env',
      'A_TOKEN=one',
      '-e',
      'B=c',
      '--env=C_KEY=two=2',
      '-eD_SECRET=three',
      '-e=E_PASSWORD=four',
      '--env',
      'F_TOKEN',
      '--label',
      'x=y',
      '--env',
      `PLAIN=${hf}`,
    ]
    expect(withoutSecrets(words)).toEqual({
      args: [
        '--env',
        'A_TOKEN',
        '-e',
        'B=c',
        '--env=C_KEY',
        '-eD_SECRET',
        '-e=E_PASSWORD',
        '--env',
        'F_TOKEN',
        '--label',
        'x=y',
        '--env',
        'PLAIN',
      ],
      env: { A_TOKEN: 'one', C_KEY: 'two=2', D_SECRET: 'three', E_PASSWORD: 'four', PLAIN: hf },
    })
  })
})

test('a long text takes time in proportion: no form of it makes it hang', () => {
  const long = 200_000
  for (const piece of [
    'a',
    'a.',
    'a-',
    ' ',
    'token=',
    'token="',
    "token='",
    'key: ',
    '--api-key ',
    'bearer ',
    '://',
    '://a',
    'eyJaaaaaaaa.',
    'hf_',
    'sk-',
    '-----BEGIN PRIVATE KEY-----',
    'authorization:',
    '[',
    '"',
  ]) {
    redactText(piece.repeat(long / piece.length))
  }
}, 20_000)
