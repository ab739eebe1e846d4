import { rmSync, statSync } from 'node:fs'
import { fromWallClock } from './clock.ts'
import { hardLimits } from './limits.ts'
import { endContainer, forgetBrokenRestores } from './reaper.ts'
import { command, start, succeeds, type CommandOptions, type CommandResult } from './command.ts'

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
}

/** Every container and image that the suite makes carries it. */
export const LABEL = 'criu-gpu-bench'

/** What `podman container checkpoint|restore --print-stats` says, durations in seconds. Source: podman's checkpoint_restore.go. */
export interface CriuStatistics {
  podman: number
  runtime: number
  criu: Record<string, number>
}

/** How a container's first process ended. */
export interface Ending { exitCode: number, /** The kernel killed a process of it at the container's memory limit. */ outOfMemory: boolean }

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
      '--root', store.root, '--runroot', store.runroot, '--tmpdir', store.tmpdir,
      '--storage-driver', 'overlay', ...(store.imageStore ? ['--storage-opt', `overlay.imagestore=${store.imageStore}`] : []),
      '--cgroup-manager', 'cgroupfs', '--events-backend', 'none', '--runtime', runtime, ...global,
    ]
  }

  #withEnvironment(options: CommandOptions = {}): CommandOptions {
    const { criuFolder } = this.#options
    return { ...options, env: { ...options.env, ...(criuFolder && { PATH: `${criuFolder}:${process.env.PATH}` }) } }
  }

  /** The whole argument array, for a start that is measured or for a message. */
  argv(args: string[]): string[] {
    return [...this.#global, ...args]
  }

  run(args: string[], options?: CommandOptions): Promise<CommandResult> {
    return command('podman', this.argv(args), this.#withEnvironment({ name: nameOf(args), ...options }))
  }

  /** Spawns podman now and returns at once. */
  start(args: string[], options?: CommandOptions) {
    return start('podman', this.argv(args), this.#withEnvironment({ name: nameOf(args), ...options }))
  }

  async inspect<T>(container: string, format: string): Promise<T> {
    const { stdout } = await this.run(['container', 'inspect', '--format', `{{json ${format}}}`, container], { timeout: 30 })
    return JSON.parse(stdout) as T
  }

  /** Kills and removes, also what podman does not know of; no error where there is none. */
  async remove(container: string): Promise<void> {
    const remove = () => succeeds('podman', this.argv(['rm', '--force', '--time', '0', '--volumes', container]), this.#withEnvironment({ timeout: 60 }))
    await remove()
    if (endContainer(this.store.runroot, container) > 0) await remove()
    forgetBrokenRestores([this.store.root])
  }

  /** Kills the processes but keeps the container, so that it can be restored again. */
  async kill(container: string): Promise<void> {
    await succeeds('podman', this.argv(['kill', container]), this.#withEnvironment({ timeout: 30 }))
    await succeeds('podman', this.argv(['wait', '--condition', 'stopped', '--condition', 'exited', container]), this.#withEnvironment({ timeout: 30 }))
    // to podman a restore that is still under way is no running container
    endContainer(this.store.runroot, container)
    forgetBrokenRestores([this.store.root])
  }

  async logs(container: string, tail = 20): Promise<string> {
    const { stdout, stderr } = await this.run(['logs', '--tail', String(tail), container], { timeout: 20 }).catch(() => ({ stdout: '', stderr: '' }))
    return [stdout, stderr].filter(Boolean).join('\n')
  }

  /** What the container printed and when: seconds on the monotonic clock, from `origin`. [] where there is none. */
  async timedLogs(container: string, origin: number, tail = 2000): Promise<TimedLine[]> {
    const { stdout, stderr } = await this.run(['logs', '--timestamps', '--tail', String(tail), container], { timeout: 20 }).catch(() => ({ stdout: '', stderr: '' }))
    return parseTimedLog(`${stdout}\n${stderr}`).map(({ at, text }) => ({ time: fromWallClock(at) - origin, text }))
  }

  /** How the container's first process ended; undefined where podman does not know. */
  async ending(container: string): Promise<Ending | undefined> {
    const state = await this.inspect<{ Status: string, ExitCode: number, OOMKilled: boolean, StartedAt: string }>(container, '.State').catch(() => undefined)
    if (!state || state.Status === 'running') return undefined
    return { exitCode: state.ExitCode, outOfMemory: takeOomFile(Date.parse(state.StartedAt)) || state.OOMKilled }
  }

  /** Hexadecimal id of an image. */
  async imageId(image: string): Promise<string> {
    return (await this.run(['image', 'inspect', '--format', '{{.Id}}', image], { timeout: 60 })).stdout.trim()
  }

  async hasImage(image: string): Promise<boolean> {
    return succeeds('podman', this.argv(['image', 'exists', image]), this.#withEnvironment({ timeout: 30 }))
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
const nameOf = ([first = '', second = '']: string[]) => ['podman', first, ...(['container', 'image'].includes(first) ? [second] : [])].join(' ')

/**
 * Flags that let podman start a container where the caller may not raise limits (no CAP_SYS_RESOURCE): podman asks for its
 * own defaults otherwise and runc fails with `error setting rlimit type 7`.
 */
export function ulimitFlags(limits = hardLimits()): string[] {
  return [
    '--ulimit', `nofile=${Math.min(limits.files, 65_536)}:${Math.min(limits.files, 65_536)}`,
    '--ulimit', `nproc=${Math.min(limits.processes, 4096)}:${Math.min(limits.processes, 4096)}`,
  ]
}

/**
 * Reads what --print-stats printed. CRIU's restore_time ends before its device-resume stage; `runtime` has it all.
 * @throws SyntaxError where it is no JSON of that form
 */
export function parseCriuStatistics(printed: string): CriuStatistics {
  const json = JSON.parse(printed) as Record<string, unknown> & { container_statistics: Record<string, unknown>[] }
  const container = json.container_statistics[0]
  if (!container) throw new SyntaxError('no container in the statistics')
  const duration = (from: Record<string, unknown>, suffix: string) => Number(Object.entries(from).find(([key]) => key.endsWith(suffix))?.[1] ?? Number.NaN) / 1e6
  const criu = Object.entries(container.criu_statistics as Record<string, number>)
    .map(([key, value]) => [key, key.endsWith('_time') ? value / 1e6 : value] as const)
  return { podman: duration(json, '_duration'), runtime: duration(container, '_duration'), criu: Object.fromEntries(criu) }
}

export interface TimedLine { time: number, text: string }

/** Lines of `podman logs --timestamps`, in the order of time. `at`: milliseconds since 1970, with podman's nanoseconds as a fraction. */
export function parseTimedLog(log: string): { at: number, text: string }[] {
  return log.split('\n').flatMap((line) => {
    const [, seconds, fraction = '', zone = 'Z', text = ''] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d) (.*)$/s.exec(line) ?? []
    return seconds ? [{ at: Date.parse(`${seconds}${zone}`) + Number(`0${fraction}`) * 1000, text }] : []
  }).sort((a, b) => a.at - b.at)
}

/** The id of the container that a restore made: an import gives it a new one. Undefined where nothing such was printed. */
export function restoredContainerId(printed: string): string | undefined {
  return /"Id":\s*"([0-9a-f]{64})"/.exec(printed)?.[1]
}
