import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Problem } from '../core/problem.ts'
import { attempt, type Outcome } from '../host/attempt.ts'
import { removeTree } from './folder.ts'
import { debianMirror } from './mirror.ts'
import type { Say } from './step.ts'

/**
 * Debian packages unpacked into a folder of their own by mmdebstrap: apt resolves what belongs to them and checks the
 * archive's signature and every package's hash; no package script runs and the host's packages stay as they are.
 */

/** Keys of the Debian archive, from the package debian-archive-keyring. */
export const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'
const SECONDS = 600

/**
 * mmdebstrap binds /dev/shm and /dev/pts into the folder: in a mount namespace of its own, so that nothing of the host
 * can be reached through a folder that was left half done; in a process namespace that dies with this process.
 */
const ISOLATED = ['--pdeathsig', 'KILL', 'unshare', '--mount', '--pid', '--fork', '--mount-proc', '--kill-child=KILL']

const SIGNATURE = [
  /NO_PUBKEY|is not signed|not signed by|signatures? (were|was|is) invalid|signatures couldn't be verified/i,
  /sqv returned an error/i,
]
const NETWORK = [
  /Could not (resolve|connect)|Temporary failure|Connection (refused|failed)|timed out|Unable to connect/i,
  /404 +Not Found|does not have a Release file|Failed to fetch|File not found/i,
]

/** Why apt refused; decides what is done about it. */
export function refusal(output: string): 'expired' | 'signature' | 'hash' | 'network' | 'other' {
  if (/is expired \(invalid since|Release file .* expired/.test(output)) return 'expired'
  if (SIGNATURE.some(pattern => pattern.test(output))) return 'signature'
  if (/Hash Sum mismatch|unexpected size/.test(output)) return 'hash'
  if (NETWORK.some(pattern => pattern.test(output))) return 'network'
  return 'other'
}

/** mmdebstrap's arguments. @param anyAge take lists whose Valid-Until has passed (a frozen mirror) */
export function unpackArguments(
  suite: string,
  packages: string[],
  target: string,
  mirror: string,
  anyAge: boolean,
): string[] {
  return [
    '--variant=extract',
    '--mode=root',
    '--format=directory',
    `--include=${packages.join(',')}`,
    '--skip=cleanup/apt/cache', // the names of the packages are read from there
    '--aptopt=Acquire::Retries "2"',
    '--aptopt=Acquire::http::Timeout "20"',
    '--aptopt=Acquire::https::Timeout "20"',
    ...(anyAge ? ['--aptopt=Acquire::Check-Valid-Until "false"'] : []),
    suite,
    target,
    `deb [signed-by=${KEYRING}] ${mirror} ${suite} main`,
  ]
}

/** `NAME_VERSION_ARCH.deb` of apt's cache as name and version; apt writes a colon as %3a. */
export function packageOf(file: string): [name: string, version: string] | undefined {
  const match = /^([^_]+)_([^_]+)_[^_]+\.deb$/.exec(file)
  return match ? [match[1]!, decodeURIComponent(match[2]!)] : undefined
}

/** @throws Problem where the packages' signatures cannot be checked */
export function checkKeyring(): void {
  if (!existsSync(KEYRING))
    throw new Problem(
      `set-up: ${KEYRING} is missing, so the packages' signatures cannot be checked\nInstall the package ` +
        'debian-archive-keyring.',
    )
}

/**
 * Unpacks packages of a Debian suite, with all they depend on, into `target`, which must not exist.
 * @returns version by package name
 * @throws Problem naming the mirror, what apt said and what to do
 */
export async function unpackDebian(
  suite: string,
  packages: string[],
  target: string,
  say: Say,
): Promise<Record<string, string>> {
  checkKeyring()
  const mirror = await debianMirror()
  const unpack = (anyAge: boolean) =>
    attempt('setpriv', [...ISOLATED, 'mmdebstrap', ...unpackArguments(suite, packages, target, mirror, anyAge)], {
      timeout: SECONDS,
    })
  let outcome = await unpack(false)
  if (outcome.exitCode !== 0 && refusal(outcome.all) === 'expired') {
    say(`${mirror} is a frozen mirror (its ${suite} is past Valid-Until): used anyway, signatures are checked`)
    await removeTree(target)
    outcome = await unpack(true)
  }
  if (outcome.exitCode !== 0) throw refused(mirror, suite, packages, outcome)
  const cache = join(target, 'var/cache/apt/archives')
  const versions = (await readdir(cache)).map(packageOf).filter(entry => entry !== undefined)
  await removeTree(cache)
  return Object.fromEntries(versions.sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** What apt refused, and what to do about it. */
export function refused(mirror: string, suite: string, packages: string[], outcome: Outcome): Problem {
  const why = refusal(outcome.all)
  const remedy =
    why === 'signature'
      ? `The mirror's signature is not by a key of ${KEYRING}. Update debian-archive-keyring, or name a ` +
        'mirror that you trust: DEBIAN_MIRROR=http://deb.debian.org/debian'
      : why === 'hash'
        ? 'A package is not what the signed list says: nothing of it was installed. Try again, or name another ' +
          'mirror: DEBIAN_MIRROR=http://deb.debian.org/debian'
        : why === 'network'
          ? `Is ${mirror} reachable from here? Name another mirror with DEBIAN_MIRROR (a proxy with ` +
            'http_proxy), then start it again.'
          : 'Start it again; incomplete steps are repeated.'
  return new Problem(
    `set-up: Debian ${suite}'s ${packages[0]} could not be unpacked from ${mirror}\n${outcome.account}\n${remedy}`,
  )
}
