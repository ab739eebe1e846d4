import { expect, test } from 'vitest'
import { checkLocalPodman, configurationNamed } from './podman-environment.ts'

test.for([
  [
    { CONTAINER_HOST: 'ssh://root:hunter22@gpu/run/podman.sock' },
    'CONTAINER_HOST="ssh://***@gpu/run/podman.sock"',
    'env -u CONTAINER_HOST npm start',
  ],
  [{ CONTAINER_CONNECTION: 'gpu' }, 'CONTAINER_CONNECTION="gpu"', 'env -u CONTAINER_CONNECTION npm start'],
  [
    { CONTAINER_HOST: '', CONTAINER_CONNECTION: 'gpu' },
    'CONTAINER_HOST="" and CONTAINER_CONNECTION="gpu"',
    'env -u CONTAINER_HOST -u CONTAINER_CONNECTION npm start',
  ],
] as [Record<string, string>, string, string][])('%j: podman would be a client', ([environment, what, remedy]) => {
  expect(() => checkLocalPodman(environment)).toThrow(what)
  expect(() => checkLocalPodman(environment)).toThrow(remedy)
})

test('neither is set', () =>
  expect(() => checkLocalPodman({ CONTAINER_HOST: undefined, CONTAINERS_CONF: '/x' })).not.toThrow())

test('files that podman is told to read are named where it fails', () => {
  expect(configurationNamed({ CONTAINERS_STORAGE_CONF: '/etc/s.conf', CONTAINERS_CONF: '' })).toBe(
    'Is this configuration correct: CONTAINERS_STORAGE_CONF=/etc/s.conf? ',
  )
  expect(configurationNamed({})).toBe('')
})
