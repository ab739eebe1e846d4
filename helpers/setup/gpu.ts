import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Configuration } from '../config/configuration.ts'
import { Problem } from '../core/problem.ts'
import { openCuda } from '../cuda/cuda.ts'
import { gpus, holders } from '../cuda/nvidia-smi.ts'
import type { EngineDescription } from '../engines/description.ts'
import { engineDescriptions } from '../engines/index.ts'
import { HANGING_DRIVER, isAffected } from '../host/known-defects.ts'
import { hardLimits } from '../host/limits.ts'
import { transparentHugePages } from '../host/memory.ts'
import { commandName } from '../host/processes.ts'
import { lookAtLinks, lookAtNuma } from './gpu-connection.ts'
import { type Found, ok, type Step, unusable } from './step.ts'
import { gib } from './tmpfs.ts'

/**
 * What an engine on a GPU needs beside the rest. Most of it only the host's owner can bring: `make` then says what to
 * do.
 */

/** First driver with cuCheckpointProcess*. Source: CUDA 12.8 release notes. */
const OLDEST_DRIVER = 570

/** A step that can only be looked at. */
function look(name: string, probe: (c: Configuration) => Promise<Found> | Found): Step {
  return {
    name,
    probe: async c => probe(c),
    async make(c) {
      const { found, remedy } = await probe(c)
      throw new Problem(`set-up: ${name}: ${found}\n${remedy}`)
    },
  }
}

/** The driver's version, such as 580.159.04, from /proc/driver/nvidia/version. */
export function parseDriverVersion(text: string): string | undefined {
  return /Kernel Module.*?\s(\d+\.\d+(?:\.\d+)?)\s/.exec(text)?.[1]
}

export function judgeDriver(text: string | undefined, devices: string[]): Found {
  const remedy = `Install NVIDIA driver ${OLDEST_DRIVER} or newer; without a GPU set ENGINE=llama-cpp.`
  const version = text === undefined ? undefined : parseDriverVersion(text)
  if (!version)
    return unusable(
      text === undefined
        ? 'no NVIDIA driver is loaded (/proc/driver/nvidia/version is missing)'
        : 'an NVIDIA driver of unknown version',
      remedy,
    )
  if (Number.parseInt(version, 10) < OLDEST_DRIVER) return { state: 'too-old', found: `driver ${version}`, remedy }
  // every trial ends with killing what was restored
  if (isAffected(version, HANGING_DRIVER) && text!.includes('Open Kernel Module'))
    return unusable(
      `driver ${version} with open kernel modules: ${HANGING_DRIVER.message} (${HANGING_DRIVER.source})`,
      'Install another driver, or this one with its closed kernel modules.',
    )
  return devices.length > 0
    ? ok(`driver ${version}, ${devices.length} GPU${devices.length > 1 ? 's' : ''}`)
    : unusable(`driver ${version}, but no /dev/nvidia0`, 'Run nvidia-modprobe -c 0 -u, or give this machine its GPU.')
}

const read = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined)

/** What the kernel's NVIDIA module says of itself; undefined where none is loaded. */
export const driverText = (path = '/proc/driver/nvidia/version'): string | undefined => read(path)

export const driver = look('NVIDIA driver', () => judgeDriver(driverText(), gpuNames()))

/** The GPUs that GPU_DEVICES and TENSOR_PARALLEL ask for. @param devices such as nvidia0 */
export function judgeGpus(
  { gpuDevices, tensorParallel }: Pick<Configuration, 'gpuDevices' | 'tensorParallel'>,
  devices: string[],
): Found {
  if (devices.length === 0) return ok('not known: no /dev/nvidia0')
  const asked = gpuDevices === 'all' ? devices : gpuDevices.map(number => `nvidia${number}`)
  const missing = asked.filter(name => !devices.includes(name))
  const found = `${devices.length} on this host, ${asked.length} named, ${tensorParallel} for each server`
  if (missing.length > 0)
    return unusable(
      `${found}; no /dev/${missing.join(', /dev/')}`,
      `GPU_DEVICES: name GPUs that ls /dev/nvidia* shows.`,
    )
  return asked.length < tensorParallel
    ? unusable(found, `TENSOR_PARALLEL=${tensorParallel} needs as many GPUs: a smaller one, or a host with more.`)
    : ok(found)
}

const gpuNames = () => readdirSync('/dev').filter(name => /^nvidia\d+$/.test(name))

const cuda = look('CUDA checkpoint', async () => {
  const found = await openCuda().catch((error: Error) => error)
  if (found instanceof Error)
    return unusable(found.message.split('\n')[0]!, found.message.split('\n').slice(1).join(' '))
  await found.close()
  const how =
    found.way === 'driver'
      ? `the driver's API (CUDA ${Math.floor(found.version! / 1000)}.${(found.version! % 1000) / 10})`
      : found.way
  return ok(
    how,
    found.way === 'driver' ? undefined : `driver ${OLDEST_DRIVER} or newer saves a process start for every step`,
  )
})

/** GPU memory that other programs hold, in bytes. */
export function judgeMemory(all: { used: number; total: number }[], share: number): Found {
  if (all.length === 0) return ok('not known: nvidia-smi does not answer')
  const text = all.map(({ used, total }) => `${gib(used)} of ${gib(total)} used`).join(', ')
  const full = all.some(({ used, total }) => used > total * (1 - share))
  return full
    ? unusable(
        text,
        `GPU_MEMORY_UTIL=${share} needs more than is free: end the programs that nvidia-smi shows, or set a ` +
          'smaller share.',
      )
    : ok(text)
}

/** The memory of the GPUs that GPU_DEVICES names. What an engine without GPU_MEMORY_UTIL takes, nobody knows. */
function lookAtMemory({ engine, gpuDevices, gpuMemoryUtil }: Configuration): Found {
  const all = gpus()
  const share = engineDescriptions[engine].takesShare ? gpuMemoryUtil : 0
  return judgeMemory(gpuDevices === 'all' ? all : all.filter((_, index) => gpuDevices.includes(index)), share)
}

/** @throws Problem where GPU_DEVICES or TENSOR_PARALLEL ask for GPUs that this host has not */
export function checkGpus(c: Configuration): void {
  const { state, found, remedy } = judgeGpus(c, gpuNames())
  if (state !== 'ok') throw new Problem(`GPUs: ${found}\n${remedy}`)
}

/** @throws Problem where other programs hold so much of a GPU that the engine would refuse to start, naming them */
export function checkGpuMemory(c: Configuration): void {
  const { state, found, remedy } = lookAtMemory(c)
  if (state === 'ok') return
  const names = holders().map(
    ({ pid, used }) => `  process ${pid} (${commandName(pid) || 'of another container or gone'}) holds ${gib(used)}`,
  )
  throw new Problem([`GPU memory: ${found}`, ...names, remedy].join('\n'))
}

const gpuMemory = look('GPU memory', lookAtMemory)

/** The engine, where it comes from the host. */
const site = (label: string, name: string) =>
  look(label, c => {
    if (!c.imageFromHost) return ok(`in ${c.engineImage ?? c.vllmImage}`)
    const remedy =
      `VLLM_IMAGE=host takes ${label} from VLLM_SITE: python3 -m pip install --target FOLDER ${name}, then ` +
      'VLLM_SITE=FOLDER (npm run bundle packs one for a host without a network)'
    if (!c.vllmSite) return unusable('VLLM_SITE is not set', remedy)
    if (!existsSync(join(c.vllmSite, name))) return unusable(`no ${name} in ${c.vllmSite}`, remedy)
    const packages = readdirSync(c.vllmSite).map(folder => /^(.+?)-(\d[\w.+]*)\.dist-info$/.exec(folder))
    const version = packages.find(found => found?.[1] === name)?.[2]
    return ok(`${version ?? 'of unknown version'} in ${c.vllmSite}`)
  })

const host = (label: string, openFiles = 0) =>
  look(`host for ${label}`, () => {
    const notes = [
      transparentHugePages() === 'always'
        ? ''
        : `transparent huge pages are "${transparentHugePages()}": echo always > ` +
          `/sys/kernel/mm/transparent_hugepage/enabled makes CRIU's restore about a third faster`,
      hardLimits().files >= openFiles
        ? ''
        : `at most ${hardLimits().files} open files where ${label} wants ${openFiles}: it warns, but runs`,
    ].filter(Boolean)
    const disabled = read('/proc/sys/kernel/io_uring_disabled')?.trim()
    return ok(
      `io_uring ${disabled === '2' ? 'off' : 'off in the container, by its seccomp profile'}, ` +
        `${hardLimits().files} open files, huge pages ${transparentHugePages()}`,
      notes.join('; ') || undefined,
    )
  })

/** Steps that a run with such an engine needs beside the others. */
export const gpuSteps = ({
  label,
  hostPackage,
  openFiles,
}: Pick<EngineDescription, 'label' | 'hostPackage' | 'openFiles'>): Step[] => [
  driver,
  look('GPUs', c => judgeGpus(c, gpuNames())),
  cuda,
  gpuMemory,
  look('PCIe and power', lookAtLinks),
  look('NUMA', lookAtNuma),
  ...(hostPackage ? [site(label, hostPackage)] : []),
  host(label, openFiles),
]
