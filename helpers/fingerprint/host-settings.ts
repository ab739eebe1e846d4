import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import type { Configuration } from '../config/configuration.ts'
import { digest } from '../core/digest.ts'
import { namesIn } from '../host/lenient.ts'
import { memory, transparentHugePages } from '../host/memory.ts'
import { type Mount, mountOf, mounts } from '../host/mounts.ts'

/** Settings of the host that change how long a start takes while all versions stay the same. */

export function hostSettings(root = '/'): Record<string, string | null> {
  const text = (path: string) => readText(join(root, path))
  const total = memory().MemTotal ?? 0
  const limit = process.constrainedMemory()
  return {
    // fewer than there are, in a cgroup or by taskset
    'cpu.usable': String(availableParallelism()),
    'cpu.governor': governors(root),
    'memory.limit': limit > 0 && limit < total ? gibibytes(limit) : null,
    swap: `${gibibytes(memory().SwapTotal ?? 0)}, swappiness ${text('proc/sys/vm/swappiness') ?? 'unknown'}`,
    'thp.defrag': transparentHugePages(join(root, 'sys/kernel/mm/transparent_hugepage/defrag')),
    'thp.shmem': transparentHugePages(join(root, 'sys/kernel/mm/transparent_hugepage/shmem_enabled')),
    'kernel.parameters': kernelParameters(text('proc/cmdline') ?? ''),
    network: `host, loopback mtu ${text('sys/class/net/lo/mtu') ?? 'unknown'}`,
  }
}

const gibibytes = (bytes: number) => `${Math.round(bytes / 2 ** 30)} GiB`

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return undefined
  }
}

/** The CPUs' frequency governors, and whether boost is off; null where the kernel has none. */
function governors(root: string): string | null {
  const folder = join(root, 'sys/devices/system/cpu')
  const cpus = namesIn(folder).filter(name => /^cpu\d+$/.test(name))
  const names = cpus.flatMap(name => readText(join(folder, name, 'cpufreq/scaling_governor')) ?? [])
  if (names.length === 0) return null
  const value = (file: string) => readText(join(folder, file))
  const still = value('intel_pstate/no_turbo') === '1' || value('cpufreq/boost') === '0'
  return `${[...new Set(names)].sort().join(' and ')}${still ? ', no boost' : ''}`
}

const DECISIVE =
  /^(mitigations|nosmt|isolcpus|nohz_full|\w*hugepages?\w*|(intel_|amd_)?iommu|\w+\.max_cstate|numa_balancing)(=|$)/

/** The parameters of the kernel's command line that change its speed; none is null. */
export function kernelParameters(line: string): string | null {
  return (
    line
      .split(/\s+/)
      .filter(word => DECISIVE.test(word))
      .sort()
      .join(' ') || null
  )
}

/** The file systems that a start reads from: container storage, archives, checkpoints, the model. */
export function storageOf(c: Configuration, all = mounts()): string {
  const { stateDir, checkpointDir, checkpointPath, modelsCache, modelId } = c
  const models = modelId.startsWith('/') ? dirname(modelId) : modelsCache
  const places = { state: stateDir, checkpoints: checkpointDir, archive: dirname(checkpointPath), models }
  return Object.entries(places)
    .map(([name, path]) => `${name} ${fileSystem(mountOf(path, all))}`)
    .join(', ')
}

function fileSystem({ type, options }: Mount): string {
  const huge = /(?:^|,)(huge=[^,]+)/.exec(options)?.[1]
  return [type, type === 'tmpfs' && huge].filter(Boolean).join(' ')
}

/** What CRIU is told: lines of the suite's own, and the host's files that it reads as well. */
export function criuOptions(own: readonly string[], files: readonly string[] = criuFiles()): string | null {
  const found = files.flatMap(path => (readText(path) === undefined ? [] : [`${path} ${digest(readText(path)!)}`]))
  return [...own, ...found].join(', ') || null
}

const criuFiles = () => [
  ...['default', 'runc', 'crun'].map(name => `/etc/criu/${name}.conf`),
  join(process.env.HOME ?? '/root', '.criu/default.conf'),
]

/**
 * Versions of the Python packages in these folders as one value, the named ones first; null for none. Source: PEP 376,
 * NAME-VERSION.dist-info.
 */
export function pythonPackages(paths: readonly string[], first: readonly string[] = []): string | null {
  const found = paths.flatMap(path => namesIn(path).flatMap(name => /^(.+)\.(?:dist|egg)-info$/.exec(name)?.[1] ?? []))
  if (found.length === 0) return null
  const named = first.flatMap(name => found.find(one => one.startsWith(`${name}-`)) ?? [])
  return [...named, `${found.length} packages ${digest(found.sort().join('\n'))}`].join(', ')
}
