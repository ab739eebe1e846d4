import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { chmod, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import type { Configuration } from '../config/configuration.ts'
import { Problem } from '../core/problem.ts'
import { readRecord, writeRecord } from '../core/record.ts'
import { SBIN, whereIs } from '../host/programs.ts'
import { NO_DEFAULTS, tried, type Verdict } from './criu-trial.ts'
import { unpackDebian } from './debian.ts'
import { removeTree, whole } from './folder.ts'
import { missing, ok, type Say, type Step, unusable } from './step.ts'

/**
 * The CRIU that runs use: CRIU_BIN where it is set, else the host's own where it works, else Debian sid's in a folder
 * of
 * its own with its own libc. The program `STATE_DIR/bin/criu` runs the one chosen; that folder goes first on runc's
 * PATH.
 */

export const criuChoice = z.object({
  path: z.string(),
  version: z.string(),
  from: z.enum(['CRIU_BIN', 'host', 'debian']),
  packages: z.record(z.string(), z.string()).optional(),
})
export type CriuChoice = z.infer<typeof criuChoice>

/** @property files what makes it work or not: a wrapper's hash alone would say nothing */
interface Candidate {
  path: string
  from: CriuChoice['from']
  files: string[]
}

const SUITE = 'sid'
const PREFIX = 'criu-'

export const criuLink = (stateDir: string) => join(stateDir, 'bin', 'criu')

/** Where a CRIU may be, in the order of preference. */
export function candidates(c: Configuration): Candidate[] {
  if (c.criuBin) return [{ path: c.criuBin, from: 'CRIU_BIN', files: [c.criuBin] }]
  const path = (process.env.PATH ?? '')
    .split(':')
    .filter(folder => folder !== join(c.stateDir, 'bin'))
    .join(':')
  const host = whereIs('criu', SBIN, path)
  return [
    ...(host ? [{ path: host, from: 'host' as const, files: [host] }] : []),
    ...prefixes(c.stateDir).map(prefix => ({
      path: join(prefix, 'bin/criu'),
      from: 'debian' as const,
      files: [join(prefix, 'bin/criu'), join(prefix, 'usr/sbin/criu')],
    })),
  ]
}

/** Finished prefixes, newest version first. */
export function prefixes(stateDir: string): string[] {
  if (!existsSync(stateDir)) return []
  return readdirSync(stateDir)
    .filter(
      entry => entry.startsWith(PREFIX) && !entry.includes('.part-') && existsSync(join(stateDir, entry, 'bin/criu')),
    )
    .sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))
    .map(entry => join(stateDir, entry))
}

/** The folder of the CRIU that set-up unpacked, where it chose that one. */
export function criuPrefix(stateDir: string): string | undefined {
  const choice = readRecord(stateDir, 'criu', criuChoice)
  return choice?.from === 'debian' ? dirname(dirname(choice.path)) : undefined
}

type Choice = { candidate: Candidate; verdict: Verdict }

/** The first candidate that works, and why the others do not. */
async function choose(c: Configuration): Promise<{ works?: Choice; fail: Choice[] }> {
  const fail: Choice[] = []
  for (const candidate of candidates(c)) {
    if (candidate.files.some(file => !statSync(file, { throwIfNoEntry: false })?.isFile())) {
      fail.push({ candidate, verdict: { works: false, version: 'unknown', why: 'there is no such file' } })
      continue
    }
    const verdict = await tried(candidate.path, candidate.files, c.stateDir, c.toolTimeout)
    if (verdict.works) return { works: { candidate, verdict }, fail }
    fail.push({ candidate, verdict })
  }
  return { fail }
}

const describe = ({ candidate, verdict: { version, why } }: Choice) =>
  `${candidate.path}${version === 'unknown' ? '' : ` ${version}`}: ${why}`

export const criu: Step = {
  name: 'CRIU',
  async probe(c) {
    const { works, fail } = await choose(c)
    const failed = fail.map(describe).join('; ')
    if (!works) {
      if (c.criuBin)
        return unusable(`CRIU_BIN=${failed}`, 'Name a CRIU that works on this kernel, or leave CRIU_BIN out')
      return fail.length
        ? { state: 'too-old', found: failed, remedy: 'npm run setup (installs a newer one beside it)' }
        : missing('no criu on PATH')
    }
    if (
      readRecord(c.stateDir, 'criu', criuChoice)?.path !== works.candidate.path ||
      !runs(criuLink(c.stateDir), works.candidate.path)
    )
      return missing(`${works.candidate.path} works, not yet chosen`)
    return ok(`${works.verdict.version} (${works.candidate.path}): ${works.verdict.why}`)
  },

  async make(c, say) {
    let { works } = await choose(c)
    let packages: Record<string, string> | undefined
    if (!works && !c.criuBin) {
      packages = (await debianCriu(c.stateDir, say)).packages
      works = (await choose(c)).works
    }
    if (!works) {
      const { fail } = await choose(c)
      throw new Problem(
        `set-up: no CRIU works on this kernel\n${fail.map(choice => `  ${describe(choice)}`).join('\n')}\n` +
          `${c.criuBin ? 'CRIU_BIN names it: name another, or leave it out.' : 'Name one that does with CRIU_BIN.'}`,
      )
    }
    const { path, from } = works.candidate
    await link(path, criuLink(c.stateDir))
    const known = readRecord(c.stateDir, 'criu', criuChoice)
    packages ??= known?.path === path ? known.packages : undefined
    writeRecord(c.stateDir, 'criu', { path, from, version: works.verdict.version, packages })
  },
}

/**
 * Debian's CRIU into `STATE_DIR/criu-VERSION`, with a program `bin/criu` that runs it through its own dynamic linker.
 * Returns versions by package.
 */
export async function debianCriu(
  stateDir: string,
  say: Say,
): Promise<{ folder: string; packages: Record<string, string> }> {
  say(`unpacking CRIU from Debian ${SUITE} into ${stateDir}`)
  let packages: Record<string, string> = {}
  const folder = await whole(join(stateDir, 'criu'), async part => {
    packages = await unpackDebian(SUITE, ['criu'], part, say)
    const final = join(stateDir, `${PREFIX}${packages.criu ?? 'unknown'}`)
    for (const entry of await readdir(part)) if (entry !== 'usr') await removeTree(join(part, entry))
    await removeTree(join(part, 'usr/share'))
    await mkdir(join(part, 'bin'))
    await writeFile(join(part, 'bin/criu'), wrapper(final, await libraryFolder(part)))
    await chmod(join(part, 'bin/criu'), 0o755)
    return final
  })
  say(`${packages.criu} with ${Object.keys(packages).length - 1} packages it depends on in ${folder}`)
  return { folder, packages }
}

/**
 * The dynamic linker and the folder of the libraries, relative to the prefix:
 * usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2.
 */
async function libraryFolder(prefix: string): Promise<{ linker: string; libraries: string }> {
  for (const folder of await readdir(join(prefix, 'usr/lib'))) {
    const linker =
      existsSync(join(prefix, 'usr/lib', folder, 'libc.so.6')) &&
      (await readdir(join(prefix, 'usr/lib', folder))).find(file => /^ld-linux.*\.so\.\d+$/.test(file))
    if (linker) return { linker: join('usr/lib', folder, linker), libraries: join('usr/lib', folder) }
  }
  throw new Problem(
    `set-up: CRIU's packages were unpacked into ${prefix}, but its dynamic linker is not among ` +
      'them\nInstall a CRIU yourself and name it with CRIU_BIN.',
  )
}

/** A shell program: CRIU's own libraries for CRIU alone, not for the programs that it starts. */
export function wrapper(prefix: string, { linker, libraries }: { linker: string; libraries: string }): string {
  const quoted = (path: string) => shellWord(join(prefix, path))
  return `#!/bin/sh\nexec ${quoted(linker)} --library-path ${quoted(libraries)} ${quoted('usr/sbin/criu')} "$@"\n`
}

const shellWord = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`

/**
 * A shell program: CRIU without the files that it reads unasked. A default.conf in /etc/criu or in HOME changes what a
 * restore does
 * (leave-stopped, ghost-limit), for podman and the runtime alike, and neither can forbid it. Source: criu/config.c,
 * next_config.
 */
export const withoutDefaults = (criu: string): string =>
  `#!/bin/sh\nunset CRIU_CONFIG_FILE\nexec ${shellWord(criu)} ${NO_DEFAULTS} "$@"\n`

async function link(target: string, path: string): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true })
  const part = `${path}.part-${process.pid}`
  await rm(part, { force: true })
  await writeFile(part, withoutDefaults(target), { mode: 0o755 })
  await chmod(part, 0o755)
  await rename(part, path)
}

function runs(link: string, target: string): boolean {
  try {
    return readFileSync(link, 'utf8') === withoutDefaults(target)
  } catch {
    return false
  }
}
