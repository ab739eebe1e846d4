import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism, hostname, totalmem } from 'node:os'
import { join } from 'node:path'
import { pause } from '../core/clock.ts'
import { attempt } from '../host/attempt.ts'
import { freePort } from '../host/port.ts'
import { whereIs } from '../host/programs.ts'

/** A Slurm cluster on this machine: munged, slurmctld, and a slurmd for each node, which all share the host. */

export interface ClusterNode {
  name: string
  /** Of its tasks. */
  env?: Record<string, string>
  /** Programs of /usr/bin that it does not have. */
  without?: string[]
}

export interface Cluster {
  /** With it Slurm's programs, and commands of the suite that call them, find this cluster. */
  env: Record<string, string>
  /** The standard output of one of Slurm's programs. @throws where it fails */
  ask(program: string, ...args: string[]): Promise<string>
  /** As a power cut: its slurmd and all that it runs are gone at once. */
  kill(node: string): void
  close(): void
}

const PROGRAMS = ['munged', 'slurmctld', 'slurmd', 'sbatch', 'srun', 'sinfo', 'scontrol', 'unshare']

/** Why no cluster can be started here; undefined where it can. */
export function noCluster(): string | undefined {
  const lacking = PROGRAMS.filter(name => whereIs(name) === undefined)
  if (process.getuid?.() !== 0) return 'needs root'
  return lacking.length > 0
    ? `needs ${lacking.join(', ')} (apt-get install slurmctld slurmd slurm-client munge)`
    : undefined
}

/** @param folder root's alone; what daemons write lies there @throws where a node does not come up */
export async function startCluster(folder: string, nodes: ClusterNode[]): Promise<Cluster> {
  // munge wants to be reached by everybody
  chmodSync(folder, 0o755)
  for (const name of ['state', ...nodes.map(({ name }) => name)]) mkdirSync(join(folder, name))
  writeFileSync(join(folder, 'munge.key'), crypto.getRandomValues(new Uint8Array(128)), { mode: 0o400 })
  writeFileSync(join(folder, 'prolog'), prolog(nodes), { mode: 0o755 })
  // any devices: they are counted, and no more
  writeFileSync(join(folder, 'gres.conf'), 'Name=gpu File=/dev/null,/dev/zero\n')
  writeFileSync(join(folder, 'slurm.conf'), await configuration(folder, nodes))
  const env = { SLURM_CONF: join(folder, 'slurm.conf') }
  const start = (program: string, ...args: string[]) =>
    spawn(program, args, { env: { ...process.env, ...env }, stdio: 'ignore' })
  const services = [start('munged', ...munge(folder)), start('slurmctld', '-D')]
  // a process namespace goes as a whole, as a host does
  const own = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc']
  const daemons = new Map(nodes.map(node => [node.name, start('unshare', ...own, daemon(folder, node))]))
  const cluster: Cluster = {
    env,
    async ask(program, ...args) {
      const { exitCode, stdout, account } = await attempt(program, args, { env })
      if (exitCode !== 0) throw new Error(account)
      return stdout
    },
    kill: node => void daemons.get(node)!.kill('SIGKILL'),
    close: () => {
      for (const child of [...daemons.values(), ...services]) child.kill('SIGKILL')
    },
  }
  try {
    await up(cluster, nodes.length)
  } catch (error) {
    cluster.close()
    throw error
  }
  return cluster
}

async function up({ ask }: Cluster, nodes: number): Promise<void> {
  let last: unknown
  for (const began = performance.now(); performance.now() - began < 120_000; await pause(0.2)) {
    // neither munge nor the controller is there at once
    const states = await ask('sinfo', '--noheader', '--Node', '--format=%T').catch(error => String(error))
    if (states.split('\n').filter(state => state === 'idle').length === nodes) return
    last = states
  }
  throw new Error(`the nodes did not come up within 120 s: ${last}`)
}

function munge(folder: string): string[] {
  const files = ['key', 'pid', 'log', 'seed'].map(kind => `--${kind}-file=${join(folder, `munge.${kind}`)}`)
  return ['--foreground', '--force', `--socket=${join(folder, 'munge.socket')}`, ...files]
}

async function configuration(folder: string, nodes: ClusterNode[]): Promise<string> {
  const host = hostname()
  const cpus = availableParallelism()
  const megabytes = Math.floor(totalmem() / 2 ** 20 / 2)
  const lines = [
    'ClusterName=test',
    `SlurmctldHost=${host}(127.0.0.1)`,
    `SlurmctldPort=${await freePort()}`,
    'SlurmUser=root',
    `AuthInfo=socket=${join(folder, 'munge.socket')}`,
    `StateSaveLocation=${join(folder, 'state')}`,
    `SlurmctldLogFile=${join(folder, 'slurmctld.log')}`,
    `SlurmctldPidFile=${join(folder, 'slurmctld.pid')}`,
    `SlurmdSpoolDir=${join(folder, '%n')}`,
    `SlurmdLogFile=${join(folder, '%n.log')}`,
    `SlurmdPidFile=${join(folder, '%n.pid')}`,
    `TaskProlog=${join(folder, 'prolog')}`,
    'ProctrackType=proctrack/linuxproc',
    'TaskPlugin=task/none',
    'MpiDefault=none',
    'SelectType=select/cons_tres',
    'GresTypes=gpu',
    'ReturnToService=2',
    // a node that is gone is down after this time
    'SlurmdTimeout=20',
  ]
  for (const { name } of nodes)
    lines.push(
      `NodeName=${name} NodeHostname=${host} NodeAddr=127.0.0.1 Port=${await freePort()} CPUs=${cpus} ` +
        `RealMemory=${megabytes} Gres=gpu:2`,
    )
  return [...lines, 'PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE', ''].join('\n')
}

/** What it prints becomes the environment of a node's tasks. */
function prolog(nodes: ClusterNode[]): string {
  const cases = nodes.map(({ name, env = {} }) => {
    const exports = Object.entries(env).map(([variable, value]) => `  echo 'export ${variable}=${value}'`)
    return [`${name})`, ...exports, '  ;;'].join('\n')
  })
  return ['#!/bin/sh', 'case $SLURMD_NODENAME in', ...cases, 'esac', ''].join('\n')
}

/** @returns a program for namespaces of its own; its shell waits for what has lost its parent */
function daemon(folder: string, { name, without = [] }: ClusterNode): string {
  const layer = join(folder, `${name}-bin`)
  const [upper, work] = [join(layer, 'upper'), join(layer, 'work')]
  const hide = [
    `mkdir ${layer}`,
    `mount -t tmpfs none ${layer}`,
    `mkdir ${upper} ${work}`,
    `mount -t overlay -o lowerdir=/usr/bin,upperdir=${upper},workdir=${work} none /usr/bin`,
    ...without.map(program => `rm -f /usr/bin/${program}`),
  ]
  const path = join(folder, `${name}.sh`)
  const lines = ['#!/bin/sh', 'set -e', ...(without.length > 0 ? hide : []), `slurmd -D -N ${name} &`, 'wait', '']
  writeFileSync(path, lines.join('\n'), { mode: 0o755 })
  return path
}
