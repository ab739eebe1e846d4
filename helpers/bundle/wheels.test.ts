import fc from 'fast-check'
import { expect, test } from 'vitest'
import { corruptText } from '../testing/corrupt.ts'
import { packageName, requirements, toPack, versionsOf } from './wheels.ts'

test.for([
  ['Typing_Extensions>=4', 'typing-extensions'],
  ['vllm[audio]==0.26.0', 'vllm'],
  [' z3.solver ; python_version > "3"', 'z3-solver'],
  ['', ''],
] as const)('%j is the package %j', ([requirement, name]) => {
  expect(packageName(requirement)).toBe(name)
})

test('lines without comments', () => {
  expect(requirements('# all\n\ntorch==2.11.0  # cuda 13\n six\n--hash=sha256:1#2\n')).toEqual([
    'torch==2.11.0',
    'six',
    '--hash=sha256:1#2',
  ])
})

test('what the host has stays out, and with slim what Hopper does not use', () => {
  const resolved = [
    'torch==2.11.0',
    'typing-extensions==4.1',
    'vllm==0.26.0',
    'z3-solver==4.15 ; platform_machine == "x86_64"',
  ]
  const have = ['torch==2.11.0', 'Typing_Extensions']
  expect(toPack(resolved, { have, slim: false })).toEqual([resolved[2], resolved[3]])
  expect(toPack(resolved, { have, slim: true })).toEqual(['vllm==0.26.0'])
})

test('versions by the folders that an installer leaves', () => {
  expect(
    versionsOf([
      'six.py',
      'six-1.17.0.dist-info',
      'vllm',
      'vllm-0.26.0+cu130.dist-info',
      'opentelemetry_semantic_conventions_ai-0.5.1.dist-info',
    ]),
  ).toEqual({
    'opentelemetry-semantic-conventions-ai': '0.5.1',
    six: '1.17.0',
    vllm: '0.26.0+cu130',
  })
})

test('whatever a list of requirements holds, each line is one or none', () => {
  const lines = fc.oneof(
    fc.string({ unit: 'binary' }),
    corruptText('torch==2.11.0  # cuda 13\nTyping_Extensions>=4 ; python_version > "3"\n--hash=sha256:1#2\n'),
  )
  fc.assert(
    fc.property(lines, text => {
      const found = requirements(text)
      for (const line of found) expect(line).toMatch(/\S/)
      for (const name of found.map(packageName)) expect(name).toMatch(/^[a-z0-9-]*$/)
      expect(toPack(found, { have: found, slim: true })).toEqual([])
      for (const [name, version] of Object.entries(versionsOf(text.split('\n'))))
        expect([typeof name, typeof version]).toEqual(['string', 'string'])
    }),
  )
  for (const long of ['#', '-', 'a-', ' #', '.dist-info']) versionsOf(requirements(long.repeat(50_000)))
}, 10_000)
