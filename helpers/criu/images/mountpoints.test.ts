import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readImage } from './image-file.ts'
import { containerMountOf, readMounts } from './mountpoints.ts'
import { RECORDED } from './recorded.ts'

const mounts = readMounts(readImage(join(RECORDED, 'llama-server', 'mountpoints-12.img'), 'mountpoints'))

test('a path lies on the deepest mount above it', () => {
  expect(containerMountOf(mounts, '/checkpoint-pages/one/two')).toEqual({
    id: 88,
    path: '/checkpoint-pages',
    noExec: false,
  })
  expect(containerMountOf(mounts, '/dev/shm/x')).toMatchObject({ path: '/dev/shm', noExec: true })
  expect(containerMountOf(mounts, '/models')).toMatchObject({ path: '/models' })
})

test('a path on the root file system lies on no mount of its own, nor does one that only begins alike', () => {
  expect(containerMountOf(mounts, '/usr/lib')).toBeUndefined()
  expect(containerMountOf(mounts, '/checkpoint-pages-too/one')).toBeUndefined()
})
