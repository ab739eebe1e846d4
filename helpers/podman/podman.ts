import { rmSync, statSync } from 'node:fs'
import { z } from 'zod'
import { fromWallClock } from '../core/clock.ts'
import { Problem } from '../core/problem.ts'
import {
  type CommandOptions,
  type CommandResult,
  command,
  exitCode,
  lastLines,
  quote,
  start,
  succeeds,
} from '../host/command.ts'
import { hardLimits } from '../host/limits.ts'
import { UNHEARD } from './podman-environment.ts'
import { endContainer, removeBrokenRestores } from './reaper.ts'

/** Where podman keeps what: a store of the suite's own, so that the host's containers are never touched. */
export interface Store {
  /** Container storage: layers, configurations and checkpoints in place. */
  root: string
  /** Run-time state, on a tmpfs; kept short, socket paths end at 108 characters. */
  runroot: string
  tmpdir: string
  /** A second store whose images this one can read, so that an image is kept once. */
  imageStore?: string
}

export interface PodmanOptions {
  store: Store
  /** OCI runtime: it must know checkpoints (runc does, Debian's crun does not). */
  runtime: string
  /** Folder with the criu to use; goes first on PATH, where the runtime looks for it. */
  criuFolder?: string
  /** More global flags, such as --log-level=debug. */
  global?: string[]
  /** Seconds until it is given up when asked for what takes no time; 30 unless said otherwise. */
  timeout?: number
}

/** Every container and image that the suite makes carries it. */
export const LABEL = 'criu-gpu-bench'

/**
 * What `podman container checkpoint|restore --print-stats` says, durations in seconds. Source: podman's
 * checkpoint_restore.go.
 */
export interface CriuStatistics {
  podman: number
  runtime: number
  criu: Record<string, number>
}

/** An image: how it is named, its hexadecimal id, what it sets for its processes by name. */
export interface Image {
  reference: string
  id: string
  /** Of its manifest: sha256:... */
  digest?: string | undefined
  environment: Record<string, string>
}

/** How a container's first process ended. */
export interface Ending {
  exitCode: number /** The kernel killed a process of it at the container's memory limit. */
  outOfMemory: boolean
}

/** The only place that runs podman. Every method throws a Problem as `command` does. */
export class Podman {
  readonly #options: PodmanOptions
  constructor(options: PodmanOptions) {
    this.#options = options
  }

  get store(): Store {
    return this.#options.store
  }

  get #global(): string[] {
    const { store, runtime, global = [] } = this.#options
    return [
      '--root',
      store.root,
      '--runroot',
      store.runroot,
      '--tmpdir',
      store.tmpdir,
      '--storage-driver',
      'overlay',
      ...(store.imageStore ? ['--storage-opt', `overlay.imagestore=${store.imageStore}`] : []),
      '--cgroup-manager',
      'cgroupfs',
      '--events-backend',
      'none',
      '--runtime',
      runtime,
      ...global,
    ]
  }

  #withEnvironment(options: CommandOptions = {}): CommandOptions {
    const { criuFolder } = this.#options
    // conmon fails on a path that is not ASCII where the locale is POSIX; podman 5 warns of cgroup v1 at every call
    return {
      ...options,
      env: {
        ...UNHEARD,
        LC_ALL: 'C.UTF-8',
        PODMAN_IGNORE_CGROUPSV1_WARNING: '1',
        ...options.env,
        ...(criuFolder && { PATH: `${criuFolder}:${process.env.PATH}` }),
      },
    }
  }

  get #timeout(): number {
    return this.#options.timeout ?? 30
  }

  /** The whole argument array, for a start that is measured or for a message. */
  argv(args: string[]): string[] {
    return [...this.#global, ...args]
  }

  /** The same as a line to paste into a shell, with all that it needs of the environment. */
  shellLine(args: string[]): string {
    const { criuFolder } = this.#options
    const unset = Object.keys(UNHEARD).flatMap(name => (process.env[name] === undefined ? [] : ['-u', name]))
    const path = criuFolder ? [`PATH=${quote([criuFolder])}:"$PATH"`] : []
    return ['env', ...unset, 'LC_ALL=C.UTF-8', ...path, 'podman', quote(this.argv(args))].join(' ')
  }

  run(args: string[], options?: CommandOptions): Promise<CommandResult> {
    return command('podman', this.argv(args), this.#withEnvironment({ name: nameOf(args), ...options }))
  }

  /** Spawns podman now and returns at once. */
  start(args: string[], options?: CommandOptions) {
    return start('podman', this.argv(args), this.#withEnvironment({ name: nameOf(args), ...options }))
  }

  async inspect<T>(container: string, format: string): Promise<T> {
    const { stdout } = await this.run(['container', 'inspect', '--format', `{{json ${format}}}`, container], {
      timeout: this.#timeout,
    })
    return JSON.parse(stdout) as T
  }

  /** The ids of all containers of the store, running or not. */
  async containers(): Promise<string[]> {
    const { stdout } = await this.run(['ps', '--all', '--quiet', '--no-trunc'], { timeout: this.#timeout })
    return stdout.split('\n').filter(Boolean)
  }

  /** Kills and removes, also what podman does not know of; no error where there is none. */
  async remove(container: string): Promise<void> {
    const remove = () =>
      succeeds(
        'podman',
        this.argv(['rm', '--force', '--time', '0', '--volumes', container]),
        this.#withEnvironment({ timeout: this.#timeout }),
      )
    await remove()
    if (endContainer(this.store.runroot, container) > 0) await remove()
    removeBrokenRestores([this.store.root])
  }

  /** The same for every container of the store. */
  async removeAll(): Promise<void> {
    await succeeds(
      'podman',
      this.argv(['rm', '--all', '--force', '--time', '0']),
      this.#withEnvironment({ timeout: this.#timeout }),
    )
  }

  /** Kills the processes but keeps the container, so that it can be restored again. */
  async kill(container: string): Promise<void> {
    await succeeds('podman', this.argv(['kill', container]), this.#withEnvironment({ timeout: this.#timeout }))
    await succeeds(
      'podman',
      this.argv(['wait', '--condition', 'stopped', '--condition', 'exited', container]),
      this.#withEnvironment({ timeout: this.#timeout }),
    )
    // to podman a restore that is still under way is no running container
    endContainer(this.store.runroot, container)
    removeBrokenRestores([this.store.root])
    // where podman's own clean-up was killed with the rest, the container stays "stopped", which podman does not
    // restore
    await succeeds(
      'podman',
      this.argv(['container', 'cleanup', container]),
      this.#withEnvironment({ timeout: this.#timeout }),
    )
  }

  async logs(container: string, tail = 20): Promise<string> {
    const { stdout, stderr } = await this.#logs(container, tail)
    return [stdout, stderr].filter(Boolean).join('\n')
  }

  /** What the container printed and when: seconds on the monotonic clock, from `origin`. [] where there is none. */
  async timedLogs(container: string, origin: number, tail = 2000): Promise<TimedLine[]> {
    const { stdout, stderr } = await this.#logs(container, tail, ['--timestamps'])
    return parseTimedLog(`${stdout}\n${stderr}`).map(({ at, text }) => ({ time: fromWallClock(at) - origin, text }))
  }

  /** Both of its streams, '' where there is none; what podman itself has to say would look like the container's. */
  #logs(container: string, tail: number, flags: string[] = []): Promise<Pick<CommandResult, 'stdout' | 'stderr'>> {
    return this.run(['logs', '--log-level', 'error', '--tail', String(tail), ...flags, container], {
      timeout: this.#timeout,
    }).catch(() => ({ stdout: '', stderr: '' }))
  }

  /** How the container's first process ended; undefined where podman does not know. */
  async ending(container: string): Promise<Ending | undefined> {
    const state = await this.inspect<{ Status: string; ExitCode: number; OOMKilled: boolean; StartedAt: string }>(
      container,
      '.State',
    ).catch(() => undefined)
    if (!state || state.Status === 'running') return undefined
    return { exitCode: state.ExitCode, outOfMemory: takeOomFile(Date.parse(state.StartedAt)) || state.OOMKilled }
  }

  async image(reference: string): Promise<Image> {
    const { stdout } = await this.run(['image', 'inspect', reference], { timeout: this.#timeout })
    const [{ Id, Digest, Config }] = JSON.parse(stdout) as [
      { Id: string; Digest?: string; Config: { Env?: string[] | null } },
    ]
    return {
      reference,
      id: Id,
      digest: Digest || undefined,
      environment: Object.fromEntries((Config.Env ?? []).map(entry => entry.split(/=(.*)/s, 2))),
    }
  }

  /** An image of one layer: its bytes, and the folder that holds its files. */
  async imageLayer(reference: string): Promise<{ bytes: number; folder: string }> {
    const { stdout } = await this.run(['image', 'inspect', reference], { timeout: this.#timeout })
    const [image] = layerSchema.parse(JSON.parse(stdout))
    return { bytes: image!.Size, folder: image!.GraphDriver.Data.UpperDir }
  }

  /** No error where there is none. */
  async removeImage(image: string): Promise<void> {
    await succeeds('podman', this.argv(['rmi', '--force', image]), this.#withEnvironment({ timeout: this.#timeout }))
  }

  async hasImage(image: string): Promise<boolean> {
    return (
      (await exitCode(
        'podman',
        this.argv(['image', 'exists', image]),
        [0, 1],
        this.#withEnvironment({ timeout: this.#timeout }),
      )) === 0
    )
  }
}

/**
 * Conmon says "out of memory" by an empty file in the folder that podman was started in, which podman does not look at:
 * it is taken away and counts. Source: conmon's src/oom.c.
 * @param since milliseconds; what is older is none of the container's
 */
function takeOomFile(since: number): boolean {
  const found = statSync('oom', { throwIfNoEntry: false })
  if (!found?.isFile() || found.size > 0 || found.birthtimeMs < since) return false
  rmSync('oom', { force: true })
  return true
}

/** Such as `podman container restore`. */
const nameOf = ([first = '', second = '']: string[]) =>
  ['podman', first, ...(['container', 'image'].includes(first) ? [second] : [])].join(' ')

/**
 * Flags that let podman start a container where the caller may not raise limits (no CAP_SYS_RESOURCE): podman asks for
 * its own defaults otherwise and runc fails with `error setting rlimit type 7`.
 */
export function ulimitFlags(limits = hardLimits()): string[] {
  return [
    '--ulimit',
    `nofile=${Math.min(limits.files, 65_536)}:${Math.min(limits.files, 65_536)}`,
    '--ulimit',
    `nproc=${Math.min(limits.processes, 4096)}:${Math.min(limits.processes, 4096)}`,
  ]
}

const layerSchema = z
  .array(
    z.looseObject({ Size: z.number(), GraphDriver: z.looseObject({ Data: z.looseObject({ UpperDir: z.string() }) }) }),
  )
  .min(1)

const statisticsSchema = z.looseObject({
  container_statistics: z.array(z.looseObject({ criu_statistics: z.record(z.string(), z.unknown()) })).min(1),
})

/**
 * Reads what --print-stats printed. CRIU's restore_time ends before its device-resume stage; `runtime` has it all.
 * @throws Problem where it is no JSON of that form
 */
export function parseCriuStatistics(printed: string): CriuStatistics {
  let json: z.infer<typeof statisticsSchema>
  try {
    json = statisticsSchema.parse(JSON.parse(printed))
  } catch {
    throw new Problem(
      'podman printed no statistics of its checkpoint or restore (--print-stats): ' +
        `${lastLines(printed, 2) || 'nothing'}`,
    )
  }
  const [container] = json.container_statistics
  const number = (value: unknown) => (typeof value === 'number' && Number.isFinite(value) ? value : Number.NaN)
  const duration = (from: Record<string, unknown>) =>
    number(Object.entries(from).find(([key]) => key.endsWith('_duration'))?.[1]) / 1e6
  const criu = Object.entries(container!.criu_statistics)
    .filter(([, value]) => Number.isFinite(number(value)))
    .map(([key, value]) => [key, key.endsWith('_time') ? number(value) / 1e6 : number(value)] as const)
  return { podman: duration(json), runtime: duration(container!), criu: Object.fromEntries(criu) }
}

export interface TimedLine {
  time: number
  text: string
}

/**
 * Lines of `podman logs --timestamps`, in the order of time. `at`: milliseconds since 1970, with podman's nanoseconds
 * as a fraction.
 */
export function parseTimedLog(log: string): { at: number; text: string }[] {
  return log
    .split('\n')
    .flatMap(line => {
      const [, seconds, fraction = '', zone = 'Z', text = ''] =
        /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d) (.*)$/s.exec(line) ?? []
      const at = seconds ? Date.parse(`${seconds}${zone}`) + Number(`0${fraction}`) * 1000 : Number.NaN
      // a line that was cut may begin like a time and be none
      return Number.isFinite(at) ? [{ at, text }] : []
    })
    .sort((a, b) => a.at - b.at)
}

/**
 * The id of the container that a restore made: an import gives it a new one. Undefined where nothing such was printed.
 */
export function restoredContainerId(printed: string): string | undefined {
  return /"Id":\s*"([0-9a-f]{64})"/.exec(printed)?.[1]
}
