import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { candidateFolders, copyLibraries, driverLibrariesFolder, driverVersion } from './driver-libraries.ts'

const VERSION = '580.159.04'
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'driver-libraries-'))
  mkdirSync(join(folder, 'host'))
  const library = (name: string, version: string, ...names: string[]) => {
    writeFileSync(join(folder, 'host', `${name}.so.${version}`), name)
    for (const [index, other] of names.entries())
      symlinkSync(index ? names[index - 1]! : `${name}.so.${version}`, join(folder, 'host', other))
  }
  library('libcuda', VERSION, 'libcuda.so.1', 'libcuda.so')
  library('libnvidia-ml', VERSION, 'libnvidia-ml.so.1')
  library('libnvidia-gpucomp', VERSION)
  library('libnvidia-rtcore', VERSION)
  library('libnvidia-nvvm', '570.1', 'libnvidia-nvvm.so.4')
  writeFileSync(join(folder, 'host/libc.so.6'), 'libc')
  writeFileSync(
    join(folder, 'version'),
    `NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  ${VERSION}  Release Build\n`,
  )
})
afterAll(() => rmSync(folder, { recursive: true }))

test('the libraries of the loaded driver, with the names that lead to them, and nothing else of the host', async () => {
  const to = join(folder, 'state/nvidia', VERSION)
  await copyLibraries(join(folder, 'host'), to, VERSION)
  expect(readdirSync(to).sort()).toEqual(
    [
      'libcuda.so',
      `libcuda.so.${VERSION}`,
      'libcuda.so.1',
      `libnvidia-gpucomp.so.${VERSION}`,
      `libnvidia-ml.so.${VERSION}`,
      'libnvidia-ml.so.1',
    ].sort(),
  )
  expect(readFileSync(join(to, 'libcuda.so'), 'utf8')).toBe('libcuda')
  expect(realpathSync(join(to, 'libcuda.so'))).toBe(realpathSync(join(to, `libcuda.so.${VERSION}`)))
  expect(lstatSync(join(to, `libcuda.so.${VERSION}`)).isSymbolicLink()).toBe(false)

  const stateDir = join(folder, 'state')
  expect(driverLibrariesFolder({ stateDir, imageFromHost: false, nvidiaLibsPath: undefined }, VERSION)).toBe(to)
  expect(driverLibrariesFolder({ stateDir, imageFromHost: false, nvidiaLibsPath: '/opt/libs' }, VERSION)).toBe(
    '/opt/libs',
  )
  expect(driverLibrariesFolder({ stateDir, imageFromHost: true, nvidiaLibsPath: undefined }, VERSION)).toBeUndefined()
  expect(driverLibrariesFolder({ stateDir, imageFromHost: false, nvidiaLibsPath: undefined }, '999.1')).toBeUndefined()
})

test('where they are looked for: what is named first, then where the loader finds libcuda', () => {
  const cache =
    "2 libs found in cache `/etc/ld.so.cache'\n\tlibcuda.so.1 (libc6) => " +
    '/usr/lib/i386-linux-gnu/libcuda.so.1\n\tlibcuda.so.1 (libc6,x86-64) => ' +
    '/usr/lib/x86_64-linux-gnu/libcuda.so.1\n'
  expect(candidateFolders(cache, {})).toEqual(['/usr/lib/x86_64-linux-gnu', '/usr/local/nvidia/lib64'])
  expect(candidateFolders('', { CUDA_LIBRARY: '/a/libcuda.so.1', LD_LIBRARY_PATH: '/b::/a' })).toEqual([
    '/a',
    '/b',
    '/usr/local/nvidia/lib64',
  ])
})

test('the version of the driver that is loaded', () => {
  expect(driverVersion(join(folder, 'version'))).toBe(VERSION)
  expect(driverVersion(join(folder, 'nothing'))).toBeUndefined()
})
