import { existsSync } from 'node:fs'
import type { Configuration } from '../config/configuration.ts'
import { Problem } from '../core/problem.ts'
import { attempt, type Outcome } from '../host/attempt.ts'
import { SBIN, whereIs } from '../host/programs.ts'
import { configurationNamed, WHY_LOCAL } from '../podman/podman-environment.ts'
import { criuLink, prefixes } from './criu.ts'
import { KEYRING } from './debian.ts'
import { needsDebian } from './image.ts'
import { missing, ok, type Say, type Step, unusable } from './step.ts'

/**
 * The programs that come from the distribution. What is there already, from wherever, is taken as it is.
 */

interface Need {
  package: string
  is: () => boolean
}

const CONMON = [...SBIN, '/usr/libexec/podman', '/usr/lib/podman', '/usr/local/libexec/podman', '/usr/local/lib/podman']
const program =
  (name: string, also = SBIN) =>
  () =>
    whereIs(name, also) !== undefined
const file =
  (...paths: string[]) =>
  () =>
    paths.some(path => existsSync(path))

/** Oldest podman whose checkpoint and restore options the strategies use. */
const OLDEST_PODMAN = [4, 3]
const INSTALL_SECONDS = 900
const APT = ['-o', 'DPkg::Lock::Timeout=120', '-o', 'Acquire::Retries=2', '-o', 'Acquire::http::Timeout=20']
/** No questions, no restarts of the host's services. */
const APT_ENVIRONMENT = { DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_SUSPEND: '1' }

/** What unpacks Debian packages into a folder of their own. */
const UNPACKER: Need[] = [
  { package: 'mmdebstrap', is: program('mmdebstrap') },
  { package: 'debian-archive-keyring', is: file(KEYRING) },
  { package: 'ca-certificates', is: file('/etc/ssl/certs/ca-certificates.crt') },
]

/** What a configuration needs, by the Debian or Ubuntu package that has it. */
function needs(c: Configuration): Need[] {
  return [
    { package: 'podman', is: program('podman') },
    { package: 'conmon', is: program('conmon', CONMON) },
    ...(c.ociRuntime === 'runc' ? [{ package: 'runc', is: program('runc') }] : []),
    {
      package: 'golang-github-containers-common',
      is: file('/usr/share/containers/seccomp.json', '/etc/containers/seccomp.json'),
    },
    { package: 'golang-github-containers-image', is: file('/etc/containers/policy.json') },
    { package: 'iptables', is: program('iptables-restore') }, // CRIU's network lock
    ...(unpacks(c) ? UNPACKER : []),
  ]
}

/** Whether something is still to be unpacked from Debian packages: CRIU where none is there, the engine's image. */
function unpacks(c: Configuration): boolean {
  const hasCriu = c.criuBin !== undefined || existsSync(criuLink(c.stateDir)) || prefixes(c.stateDir).length > 0
  return !hasCriu || needsDebian(c)
}

const lackingOf = (needed: Need[]): string[] => needed.filter(need => !need.is()).map(need => need.package)

const packagesMissing = (c: Configuration): string[] => lackingOf(needs(c))

async function provide(needed: Need[], say: Say): Promise<void> {
  const lacking = lackingOf(needed)
  if (lacking.length) await install(lacking, say)
}

/** Installs what unpackDebian calls, where it is missing. */
export const provideUnpacker = (say: Say): Promise<void> => provide(UNPACKER, say)

/** Installs Debian's pip, where there is no other. */
export const providePip = (say: Say): Promise<void> =>
  provide([{ package: 'python3-pip', is: file('/usr/lib/python3/dist-packages/pip') }], say)

/** Whether podman's `--version` line names a version that is too old; false where it names none. */
export function tooOld(version: string, oldest = OLDEST_PODMAN): boolean {
  const [, major, minor] = /(\d+)\.(\d+)/.exec(version) ?? []
  return major !== undefined && (Number(major) - oldest[0]! || Number(minor) - oldest[1]!) < 0
}

export const packages: Step = {
  name: 'packages',
  async probe(c) {
    const lacking = packagesMissing(c)
    if (lacking.length)
      return missing(`not installed: ${lacking.join(', ')}`, `npm run setup, or: apt-get install ${lacking.join(' ')}`)
    // a client of a service does not know where containers lie
    const ask = (...flags: string[]) => attempt('podman', ['--version', ...flags], { timeout: c.toolTimeout })
    const [{ stdout, exitCode, account }, local] = await Promise.all([ask(), ask('--root', '/')])
    if (exitCode !== 0)
      return {
        state: 'unusable',
        found: account,
        remedy:
          `${configurationNamed(process.env)}Repair podman: apt-get install --reinstall podman. A slow host ` +
          'may need a longer TOOL_TIMEOUT (seconds)',
      }
    if (tooOld(stdout))
      return {
        state: 'too-old',
        found: stdout,
        remedy: `podman ${OLDEST_PODMAN.join('.')} or newer: upgrade the distribution, or install a newer podman`,
      }
    if (local.all.includes('unknown flag: --root'))
      return unusable(
        `${stdout} asks a service instead of running containers itself`,
        `${WHY_LOCAL} Unset CONTAINER_HOST and CONTAINER_CONNECTION, take remote = true out of ` +
          'containers.conf, put podman before podman-remote on PATH',
      )
    if (!program(c.ociRuntime)())
      return {
        state: 'missing',
        found: `OCI_RUNTIME=${c.ociRuntime} is not on PATH`,
        remedy: 'Install it, or leave OCI_RUNTIME out for runc',
      }
    return ok(`${stdout}, ${c.ociRuntime}`)
  },

  async make(c, say) {
    // Too old, broken, or a runtime of the user's own: apt has nothing better, the probe's remedy is said.
    await provide(needs(c), say)
  },
}

async function install(names: string[], say: Say): Promise<void> {
  if (!whereIs('apt-get'))
    throw new Problem(
      `set-up: ${names.join(', ')} not installed, and this host has no apt-get\nInstall podman, runc, ` +
        'conmon, iptables, mmdebstrap and the Debian archive keyring with its own package manager, then run ' +
        'npm run setup again.',
    )
  say('apt-get update')
  const update = await apt('update')
  say(`apt-get install ${names.join(' ')}`)
  let result = await apt('install', '-y', '--no-install-recommends', ...names)
  if (result.exitCode !== 0 && result.all.includes('dpkg was interrupted')) {
    say('an earlier installation was interrupted: dpkg --configure -a')
    await attempt('dpkg', ['--configure', '-a'], { timeout: INSTALL_SECONDS, env: APT_ENVIRONMENT })
    result = await apt('install', '-y', '--no-install-recommends', ...names)
  }
  if (result.exitCode === 0) return
  // A third-party source that fails to update hinders nothing as long as the install works: only now it matters.
  const accounts = [update, result].filter(outcome => outcome.exitCode !== 0).map(outcome => outcome.account)
  throw new Problem(
    `set-up: ${names.join(', ')} could not be installed\n` +
      `${accounts.join('\n')}\nIs the mirror in /etc/apt/sources.list reachable? Repair what apt-get reports, ` +
      'or install the packages yourself, then run npm run setup again.',
  )
}

function apt(...args: string[]): Promise<Outcome> {
  return attempt('apt-get', [...APT, ...args], { timeout: INSTALL_SECONDS, env: APT_ENVIRONMENT })
}
