import { existsSync } from 'node:fs'
import { copyFile, cp, mkdir, readdir, realpath, symlink } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { Problem } from '../core/problem.ts'
import { command } from '../host/command.ts'

/**
 * Podman and its parts, taken out of unpacked Debian packages as programs with their libraries beside them, so that
 * install.sh can add what a host lacks and replace nothing. The C library stays the host's: podman starts itself again
 * by /proc/self/exe, which would be the dynamic linker where it ran through another one.
 */

export const PODMAN_SUITE = 'trixie'
export const PODMAN_PACKAGES = [
  'podman',
  'conmon',
  'runc',
  'golang-github-containers-common',
  'golang-github-containers-image',
  'netavark',
  'aardvark-dns',
  'catatonit',
  'iptables',
  'nftables',
  'libstdc++6',
]

/** On PATH; the second name is the file's where it differs (Debian sets these links with update-alternatives). */
const PROGRAMS: [name: string, file: string][] = [
  ['podman', 'usr/bin/podman'],
  ['conmon', 'usr/bin/conmon'],
  ['catatonit', 'usr/bin/catatonit'],
  ['runc', 'usr/sbin/runc'],
  ['nft', 'usr/sbin/nft'],
  ...['iptables', 'iptables-restore', 'iptables-save', 'ip6tables', 'ip6tables-restore', 'ip6tables-save'].map(
    (name): [string, string] => [name, 'usr/sbin/xtables-nft-multi'],
  ),
]
/** Where podman looks for helpers. */
const HELPERS = ['usr/lib/podman/netavark', 'usr/lib/podman/aardvark-dns', 'usr/bin/catatonit']
const CONFIGURATION = [
  'usr/share/containers/seccomp.json',
  'usr/share/containers/containers.conf',
  'etc/containers/policy.json',
  'etc/containers/registries.conf',
]
/** The host's own, always: the C library and its loader belong together. */
const OF_THE_HOST = /^(ld-linux.*|lib(c|m|dl|rt|pthread|resolv|util))\.so(\.|$)/

/** Whether a library of this name goes along. */
export const isCarried = (library: string): boolean => !OF_THE_HOST.test(library)

/**
 * Names and paths in `ld.so --list`: `libacl.so.1 => /tree/usr/lib/libacl.so.1 (0x…)`. A static program has none.
 * @throws Problem for one that is not in the packages
 */
export function librariesListed(listing: string, program: string): string[] {
  return listing.split('\n').flatMap(line => {
    const [, name, path] = /^\s*(\S+) => (\S+|not found)/.exec(line) ?? []
    if (!name || !isCarried(basename(name))) return []
    if (!path?.startsWith('/')) throw new Problem(`bundle: ${program} needs ${name}, which none of the packages has`)
    return [join(path, '..', name)]
  })
}

/**
 * Lays the programs, helpers, libraries and configuration of an unpacked tree out in `target`: bin, helpers, lib,
 * xtables, containers.
 */
export async function arrangePodman(tree: string, target: string): Promise<void> {
  const folder = (await readdir(join(tree, 'usr/lib'))).find(name =>
    existsSync(join(tree, 'usr/lib', name, 'libc.so.6')),
  )
  if (!folder)
    throw new Problem(`bundle: podman's packages were unpacked into ${tree}, but there is no C library among them`)
  const libraries = join(tree, 'usr/lib', folder)
  const linker = join(libraries, (await readdir(libraries)).find(name => name.startsWith('ld-linux'))!)
  for (const part of ['bin', 'helpers', 'lib', 'containers']) await mkdir(join(target, part), { recursive: true })
  const needed = new Set<string>()
  const need = async (file: string) => {
    const { stdout } = await command(linker, ['--library-path', libraries, '--list', file], { timeout: 30 }).catch(
      () => ({ stdout: '' }),
    )
    for (const library of librariesListed(stdout, file)) needed.add(library)
  }
  const placed = new Map<string, string>()
  for (const [name, file] of PROGRAMS) {
    const first = placed.get(file)
    if (first) await symlink(first, join(target, 'bin', name))
    else await copyFile(await realpath(join(tree, file)), join(target, 'bin', name))
    if (!first) await need(join(tree, file))
    placed.set(file, first ?? name)
  }
  for (const file of HELPERS) {
    await copyFile(await realpath(join(tree, file)), join(target, 'helpers', basename(file)))
    await need(join(tree, file))
  }
  await need(process.execPath) // Node's: a small host has no libstdc++
  for (const library of needed) await copyFile(await realpath(library), join(target, 'lib', basename(library)))
  for (const file of CONFIGURATION)
    if (existsSync(join(tree, file))) await copyFile(join(tree, file), join(target, 'containers', basename(file)))
  await cp(join(libraries, 'xtables'), join(target, 'xtables'), { recursive: true, verbatimSymlinks: true })
}
