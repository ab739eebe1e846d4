import { readFileSync } from 'node:fs'
import { release } from 'node:os'
import type { Fingerprint } from '../reports/schema.ts'
import { command } from './command.ts'
import type { Configuration } from './configuration.ts'
import { modelIdentity } from './model-identity.ts'
import { modelLabel } from './model-label.ts'
import { memory, transparentHugePages } from './memory.ts'
import { mountOf } from './mounts.ts'
import { redactWords } from './redact.ts'

export interface Programs { criu: string, image: string, imageId: string, /** null where it cannot be told. */ engineVersion: string | null }

/** What makes two runs comparable. No GPU is null. @throws Problem where podman, the runtime or CRIU does not say its version within TOOL_TIMEOUT */
export async function fingerprint(configuration: Configuration, { criu, image, imageId, engineVersion }: Programs): Promise<Fingerprint> {
  const [gpu, podman, runtime, criuVersion] = await Promise.all([
    gpus(), version('podman', configuration), version(configuration.ociRuntime, configuration), version(criu, configuration),
  ])
  return {
    gpu: gpu?.names ?? null,
    driver: gpu?.driver ?? null,
    cpu: cpuModel(readFileSync('/proc/cpuinfo', 'utf8')),
    kernel: release(),
    // rounded: a kernel update moves MemTotal by some pages
    memory: `${Math.round((memory().MemTotal ?? 0) / 2 ** 30)} GiB`,
    podman, runtime, criu: criuVersion,
    image: `${image} ${imageId.slice(0, 12)}`,
    model: [modelLabel(configuration), await modelIdentity(configuration)].filter(Boolean).join(', '),
    engine: [configuration.engine, engineVersion].filter(Boolean).join(' '),
    flags: [...redactWords([...configuration.engineArgs, ...configuration.podmanArgs]), `max-model-len ${configuration.maxModelLen}`, ...(gpu ? [`gpu-memory-utilization ${configuration.gpuMemoryUtil}`] : [])].join(' '),
    storage: `state ${mountOf(configuration.stateDir).type}, checkpoints ${mountOf(configuration.checkpointDir).type}`,
    thp: transparentHugePages(),
  }
}

/** Model and number of processors, such as `2 x AMD EPYC`. */
export function cpuModel(cpuinfo: string): string {
  const names = [...cpuinfo.matchAll(/^model name\s*:\s*(.+)$/gm)].map(match => match[1]!.trim())
  return `${names.length} x ${names[0] ?? 'unknown'}`
}

async function gpus(): Promise<{ names: string, driver: string } | undefined> {
  const printed = await firstLines('nvidia-smi', ['--query-gpu=name,memory.total,driver_version', '--format=csv,noheader'])
  if (!printed) return undefined
  const rows = printed.map(line => line.split(',').map(cell => cell.trim()))
  return { names: rows.map(([name, size]) => `${name} ${size}`).join(' + '), driver: rows[0]?.[2] ?? 'unknown' }
}

async function firstLines(file: string, args: string[]): Promise<string[] | undefined> {
  try {
    return (await command(file, args, { timeout: 20 })).stdout.split('\n').filter(Boolean)
  } catch {
    return undefined
  }
}

async function version(program: string, { toolTimeout }: Configuration): Promise<string | null> {
  const { stdout } = await command(program, ['--version'], { timeout: toolTimeout, remedy: 'Without it nothing can be measured: npm run doctor says more. A slow host may need a longer TOOL_TIMEOUT (seconds).' })
  return stdout.split('\n').find(Boolean) ?? null
}
