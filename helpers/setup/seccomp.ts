import { existsSync, readFileSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { Problem } from '../core/problem.ts'
import { missing, ok, type Step } from './step.ts'

/** The seccomp profile of the engine's container: podman's default one without io_uring, which CRIU cannot dump. */

/** Podman's own order: the administrator's first. */
const DEFAULTS = ['/etc/containers/seccomp.json', '/usr/share/containers/seccomp.json']
const PROGRAMS = /^io_uring_/

const profile = z.looseObject({
  defaultAction: z.string(),
  syscalls: z.array(z.looseObject({ names: z.array(z.string()), action: z.string() })),
})

export const seccompProfile = (stateDir: string) => join(stateDir, 'no-io-uring.json')

/**
 * The profile without io_uring: its calls leave every rule that allows them, so that the default action refuses them.
 * @throws Problem when the text is no seccomp profile, or one that allows what it does not name
 */
export function withoutIoUring(text: string, from: string): string {
  let whole: z.infer<typeof profile>
  try {
    whole = profile.parse(JSON.parse(text))
  } catch (error) {
    throw new Problem(
      `set-up: ${from} is not a seccomp profile: ${(error as Error).message}\nReinstall it: apt-get install ` +
        '--reinstall golang-github-containers-common',
    )
  }
  if (whole.defaultAction === 'SCMP_ACT_ALLOW' || whole.defaultAction === 'SCMP_ACT_LOG')
    throw new Problem(
      `set-up: ${from} allows every call that it does not name (defaultAction ${whole.defaultAction}), so io_uring ` +
        `cannot be left out of it\nUse podman's own profile there.`,
    )
  const syscalls = whole.syscalls
    .map(rule =>
      rule.action === 'SCMP_ACT_ALLOW' ? { ...rule, names: rule.names.filter(name => !PROGRAMS.test(name)) } : rule,
    )
    .filter(rule => rule.names.length)
  return `${JSON.stringify({ ...whole, syscalls }, null, 2)}\n`
}

function derived(): string {
  const from = DEFAULTS.find(path => existsSync(path))
  if (!from)
    throw new Problem(
      `set-up: podman's seccomp profile is in none of ${DEFAULTS.join(', ')}\nInstall the package ` +
        'golang-github-containers-common (containers-common elsewhere).',
    )
  return withoutIoUring(readFileSync(from, 'utf8'), from)
}

export const seccomp: Step = {
  name: 'seccomp',
  async probe(c) {
    const file = seccompProfile(c.stateDir)
    if (!existsSync(file)) return missing(`no ${file}`)
    return readFileSync(file, 'utf8') === derived()
      ? ok(file)
      : missing(`${file} is not made from podman's current profile`)
  },

  async make(c) {
    const file = seccompProfile(c.stateDir)
    const part = `${file}.part-${process.pid}`
    await writeFile(part, derived())
    await rename(part, file)
  },
}
