import { readFileSync } from 'node:fs'
import { release } from 'node:os'
import type { Configuration } from '../config/configuration.ts'
import { modelLabel } from '../config/model-label.ts'
import { digest } from '../core/digest.ts'
import { loadText } from '../core/load-options.ts'
import { redact } from '../core/redact.ts'
import type { Fingerprint } from '../core/schemas.ts'
import { requestText, type ServerRequest } from '../core/server-request.ts'
import { engineDescriptions } from '../engines/index.ts'
import { command } from '../host/command.ts'
import { memory, transparentHugePages } from '../host/memory.ts'
import { ulimitFlags } from '../podman/podman.ts'
import { comparable, withoutFolders, withValues } from './container-words.ts'
import { criuOptions, hostSettings, pythonPackages, storageOf } from './host-settings.ts'
import { modelIdentity } from './model-identity.ts'

export interface Programs {
  criu: string
  image: string
  imageId: string /** null where it cannot be told. */
  engineVersion: string | null
}

/** What is started and asked. */
export interface Measured {
  /** Of a server with default settings, its port left out. */
  container: { podman: string[]; command: string[] }
  question: { prompt: string; maxTokens: number }
  /** Lines of CRIU's configuration that the engine needs. */
  criuOptions: readonly string[]
  seccompProfile: string
  /** Folders of the host that hold the engine's Python packages, where no image does. */
  packages: readonly string[]
}

/**
 * Raised when a change of the suite changes what its numbers mean: references kept before are refused then.
 * 2: a restored server has not seen the measured question, and its weights are in the checkpoint.
 */
const METHOD = 2

/**
 * All that decides what was measured: two runs are comparable where it is the same. What there is none of is null.
 * @throws Problem where podman, the runtime or CRIU does not say its version within TOOL_TIMEOUT
 */
export async function fingerprint(
  configuration: Configuration,
  { criu, image, imageId, engineVersion }: Programs,
  measured: Measured,
): Promise<Fingerprint> {
  const { container, question } = measured
  const { podmanArgs, warmupRequests } = configuration
  const { hostPackage } = engineDescriptions[configuration.engine]
  const [gpu, podman, runtime, criuVersion] = await Promise.all([
    gpus(),
    version('podman', configuration),
    version(configuration.ociRuntime, configuration),
    version(criu, configuration),
  ])
  return {
    method: String(METHOD),
    gpu: gpu?.names ?? null,
    driver: gpu?.driver ?? null,
    'gpu.devices': gpu ? String(configuration.gpuDevices) : null,
    'gpu.mode': gpu ? await gpuModes() : null,
    cpu: cpuModel(readFileSync('/proc/cpuinfo', 'utf8')),
    kernel: release(),
    // rounded: a kernel update moves MemTotal by some pages
    memory: `${Math.round((memory().MemTotal ?? 0) / 2 ** 30)} GiB`,
    podman,
    runtime,
    criu: criuVersion,
    image: `${image} ${imageId.slice(0, 12)}`,
    model: [modelLabel(configuration), await modelIdentity(configuration)].filter(Boolean).join(', '),
    engine: [configuration.engine, engineVersion].filter(Boolean).join(' '),
    command: comparable(container.command),
    container: comparable([
      ...ulimitFlags(),
      ...withoutFolders(container.podman),
      ...withValues(podmanArgs, process.env),
    ]),
    packages: pythonPackages(measured.packages, [...(hostPackage ? [hostPackage] : []), 'torch']),
    question: `${JSON.stringify(question.prompt)}, ${question.maxTokens} tokens, ${warmupRequests} warm-up requests`,
    seccomp: digest(readFileSync(measured.seccompProfile)),
    'criu.options': criuOptions(measured.criuOptions),
    ...requestsOf(configuration),
    ...(configuration.load && { load: loadText(configuration.load) }),
    storage: storageOf(configuration),
    thp: transparentHugePages(),
    ...hostSettings(),
  }
}

/** What puts a server to sleep and wakes it, where anything does. */
function requestsOf({ sleepRequests, wakeRequests }: Configuration): Fingerprint {
  const text = (requests: ServerRequest[]) => redact(requests.map(requestText).join(' ')) || null
  return sleepRequests.length + wakeRequests.length === 0
    ? {}
    : { 'request.sleep': text(sleepRequests), 'request.wake': text(wakeRequests) }
}

/** Model and number of processors, such as `2 x AMD EPYC`. */
export function cpuModel(cpuinfo: string): string {
  const names = [...cpuinfo.matchAll(/^model name\s*:\s*(.+)$/gm)].map(match => match[1]!.trim())
  return `${names.length} x ${names[0] ?? 'unknown'}`
}

async function gpus(): Promise<{ names: string; driver: string } | undefined> {
  const printed = await firstLines('nvidia-smi', [
    '--query-gpu=name,memory.total,driver_version',
    '--format=csv,noheader',
  ])
  if (!printed) return undefined
  const rows = printed.map(line => line.split(',').map(cell => cell.trim()))
  return { names: rows.map(([name, size]) => `${name} ${size}`).join(' + '), driver: rows[0]?.[2] ?? 'unknown' }
}

/** Persistence, MIG, ECC and the power limit of each GPU: they change how fast it starts and runs. */
async function gpuModes(): Promise<string | null> {
  const fields = 'persistence_mode,mig.mode.current,ecc.mode.current,power.limit'
  const rows = await firstLines('nvidia-smi', [`--query-gpu=${fields}`, '--format=csv,noheader'])
  const names = fields.split(',')
  const mode = (row: string) =>
    row
      .split(',')
      .map((value, index) => `${names[index]} ${value.trim()}`)
      .join(', ')
  return rows?.map(mode).join(' + ') ?? null
}

async function firstLines(file: string, args: string[]): Promise<string[] | undefined> {
  try {
    return (await command(file, args, { timeout: 20 })).stdout.split('\n').filter(Boolean)
  } catch {
    return undefined
  }
}

async function version(program: string, { toolTimeout }: Configuration): Promise<string | null> {
  const { stdout } = await command(program, ['--version'], {
    timeout: toolTimeout,
    remedy:
      'Without it nothing can be measured: npm run doctor says more. A slow host may need a longer ' +
      'TOOL_TIMEOUT (seconds).',
  })
  return stdout.split('\n').find(Boolean) ?? null
}
