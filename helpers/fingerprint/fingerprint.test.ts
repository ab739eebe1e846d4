import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it, vi } from 'vitest'
import { engines } from '../../fixtures/engines/index.ts'
import { parseConfiguration } from '../config/configuration.ts'
import { cpuModel, fingerprint } from './fingerprint.ts'

const folder = mkdtempSync(join(tmpdir(), 'fingerprint-'))
for (const name of ['podman', 'runc', 'criu']) {
  writeFileSync(join(folder, name), `#!/bin/sh\necho ${name} 1.0\n`)
  chmodSync(join(folder, name), 0o755)
}
vi.stubEnv('PATH', `${folder}:${process.env.PATH}`)
afterAll(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

const ENGINE = { ENGINE: 'openai', ENGINE_IMAGE: 'localhost/server', ENGINE_COMMAND: 'server --fast' }

interface Change {
  env?: Record<string, string>
  prompt?: string
  maxTokens?: number
  profile?: string
  imageId?: string
  criuOptions?: string[]
}

/** The fingerprint of a server; each change is one that a user or another version can make. */
function of({
  env = {},
  prompt = 'Hello',
  maxTokens = 8,
  profile = '{}',
  imageId = 'a'.repeat(64),
  criuOptions = [],
}: Change = {}) {
  const c = parseConfiguration(
    { ...ENGINE, STATE_DIR: folder, CHECKPOINT_DIR: folder, MODELS_CACHE: folder, ...env },
    false,
  )
  const image = { reference: c.engineImage!, id: imageId, environment: {} }
  const seccompProfile = join(folder, 'seccomp.json')
  writeFileSync(seccompProfile, profile)
  const container = engines[c.engine](c, image).container({})
  return fingerprint(
    c,
    { criu: 'criu', image: image.reference, imageId, engineVersion: null },
    { container, question: { prompt, maxTokens }, criuOptions, seccompProfile, packages: [] },
  )
}

it.for<[string, Change]>([
  ['command', { env: { ENGINE_COMMAND: 'server --slow' } }],
  ['command', { env: { ENGINE_ARGS: '--threads 1' } }],
  ['container', { env: { PODMAN_ARGS: '--cpus 1' } }],
  ['container', { env: { PODMAN_ARGS: '--env FINGERPRINT_TEST' } }],
  ['question', { env: { WARMUP_REQUESTS: '1' } }],
  ['question', { prompt: 'Hello again' }],
  ['question', { maxTokens: 9 }],
  ['load', { env: { LOAD: 'concurrency=2' } }],
  ['image', { imageId: 'b'.repeat(64) }],
  ['seccomp', { profile: '{"defaultAction":"SCMP_ACT_ALLOW"}' }],
  ['criu.options', { criuOptions: ['network-lock skip'] }],
])('%s differs with %o, and nothing else', async ([entry, change]) => {
  const [before, after] = [await of(), await of(change)]
  expect(Object.keys({ ...before, ...after }).filter(name => before[name] !== after[name])).toEqual([entry])
})

it('what only says how long to wait or where to write changes nothing', async () => {
  expect(
    await of({
      env: { ITERATIONS: '9', HEALTH_CHECK_TIMEOUT: '9', RESULTS_DIR: '/tmp/elsewhere', CONT_NAME: 'other' },
    }),
  ).toEqual(await of())
})

it('a variable that PODMAN_ARGS names counts by its value', async () => {
  const seen = new Set<string | null | undefined>()
  for (const value of ['1', '2']) {
    vi.stubEnv('FINGERPRINT_TEST', value)
    seen.add((await of({ env: { PODMAN_ARGS: '--env FINGERPRINT_TEST' } })).container)
  }
  expect(seen.size).toBe(2)
})

it('a method is named, so that what an earlier one measured is refused', async () =>
  expect((await of()).method).toMatch(/^\d+$/))

it.each([
  ['processor : 0\nmodel name\t: AMD EPYC 9354 \n\nprocessor : 1\nmodel name\t: AMD EPYC 9354\n', '2 x AMD EPYC 9354'],
  ['processor : 0\nBogoMIPS : 50.00\n', '0 x unknown'],
])('model and number of processors in /proc/cpuinfo', (cpuinfo, expected) => {
  expect(cpuModel(cpuinfo)).toBe(expected)
})
