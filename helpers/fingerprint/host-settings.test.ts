import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { parseConfiguration } from '../config/configuration.ts'
import type { Mount } from '../host/mounts.ts'
import { criuOptions, hostSettings, kernelParameters, pythonPackages, storageOf } from './host-settings.ts'

function files(contents: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'host-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  for (const [path, text] of Object.entries(contents)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return root
}

it('frequency governors, and no boost', () => {
  const cpu = 'sys/devices/system/cpu'
  const governor = (more: Record<string, string> = {}) =>
    hostSettings(files({ [`${cpu}/cpu0/cpufreq/scaling_governor`]: 'powersave\n', ...more }))['cpu.governor']
  expect(governor()).toBe('powersave')
  expect(governor({ [`${cpu}/cpu1/cpufreq/scaling_governor`]: 'performance\n' })).toBe('performance and powersave')
  expect(governor({ [`${cpu}/intel_pstate/no_turbo`]: '1\n' })).toBe('powersave, no boost')
  expect(governor({ [`${cpu}/cpufreq/boost`]: '0\n' })).toBe('powersave, no boost')
  expect(hostSettings(files({}))['cpu.governor']).toBeNull()
})

it('how huge pages are made, and parameters of the kernel', () => {
  const settings = hostSettings(
    files({
      'sys/kernel/mm/transparent_hugepage/defrag': 'always [defer] never',
      'proc/cmdline': 'quiet mitigations=off',
      'proc/sys/vm/swappiness': '1\n',
    }),
  )
  expect(settings).toMatchObject({
    'thp.defrag': 'defer',
    'thp.shmem': 'unknown',
    'kernel.parameters': 'mitigations=off',
    swap: expect.stringMatching(/GiB, swappiness 1$/),
  })
  expect(kernelParameters('root=UUID=1 ro nosmt transparent_hugepage=never BOOT_IMAGE=/vmlinuz')).toBe(
    'nosmt transparent_hugepage=never',
  )
  expect(kernelParameters('quiet')).toBeNull()
})

it('the file systems that a start reads from', () => {
  const c = parseConfiguration(
    {
      ENGINE: 'vllm',
      STATE_DIR: '/disk/state',
      CHECKPOINT_DIR: '/ram',
      CKPT_PATH: '/disk/a.tar',
      MODELS_CACHE: '/net',
    },
    false,
  )
  const mount = (point: string, type: string, options = 'rw'): Mount => ({ point, type, options })
  const mounts = (ram: string) => [
    mount('/', 'overlay', 'rw,lowerdir=/a'),
    mount('/disk', 'ext4'),
    mount('/ram', 'tmpfs', ram),
    mount('/net', 'nfs4'),
  ]
  expect(storageOf(c, mounts('rw,size=8g'))).toBe('state ext4, checkpoints tmpfs, archive ext4, models nfs4')
  expect(storageOf(c, mounts('rw,huge=always,size=8g'))).toBe(
    'state ext4, checkpoints tmpfs huge=always, archive ext4, models nfs4',
  )
})

it('what CRIU is told: by the suite, and by files of the host', () => {
  const root = files({ 'runc.conf': 'link-remap\n' })
  expect(criuOptions(['network-lock skip'], [join(root, 'runc.conf'), join(root, 'none.conf')])).toMatch(
    /^network-lock skip, \S+\/runc\.conf [0-9a-f]{12}$/,
  )
  expect(criuOptions([], [])).toBeNull()
})

it('Python packages by their versions', () => {
  const site = (...names: string[]) =>
    pythonPackages(
      [files(Object.fromEntries(names.map(name => [`${name}.dist-info/METADATA`, '']))), '/no/such'],
      ['vllm', 'torch'],
    )
  expect(site('vllm-0.26.0', 'torch-2.9.0', 'xgrammar-0.1')).toMatch(
    /^vllm-0\.26\.0, torch-2\.9\.0, 3 packages [0-9a-f]{12}$/,
  )
  expect(site('vllm-0.26.0', 'xgrammar-0.1')).not.toBe(site('vllm-0.26.0', 'xgrammar-0.2'))
  expect(pythonPackages([])).toBeNull()
})
