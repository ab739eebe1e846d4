import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { command } from '../command.ts'
import { Problem } from '../problem.ts'
import { SLIM_PACKAGES } from './slim.ts'

/** Python packages for a host without an index: resolved with uv for that host's Python, unpacked into one folder. */

/** What the host is, for uv: wheels for glibc 2.39 and older (Ubuntu 24.04). */
const PLATFORM = 'x86_64-manylinux_2_39'
const SECONDS = 1800

export interface WheelOptions {
  /** Requirements as pip takes them: vllm==0.26.0. */
  wheels: string[]
  /** What the host has already: lines `NAME` or `NAME==VERSION`; with a version, the others must go with it. */
  have: string[]
  /** Leave {@link SLIM_PACKAGES} out. */
  slim: boolean
  /** Version of the host's Python. */
  python: string
}

/** A package's name as indexes compare it: `Typing_Extensions[x]==1` is typing-extensions. */
export const packageName = (requirement: string): string => (/^[A-Za-z0-9._-]+/.exec(requirement.trim())?.[0] ?? '').toLowerCase().replace(/[-_.]+/g, '-')

/** The lines of a requirements file that name something. */
export const requirements = (text: string): string[] => text.split('\n').map(line => line.replace(/(^|\s)#.*/, '').trim()).filter(Boolean)

/** What of a resolution has to be packed. @param resolved lines `NAME==VERSION ; marker` */
export function toPack(resolved: string[], { have, slim }: Pick<WheelOptions, 'have' | 'slim'>): string[] {
  const there = new Set(have.map(packageName))
  return resolved.filter(line => !there.has(packageName(line)) && !(slim && SLIM_PACKAGES.has(packageName(line))))
}

/**
 * Unpacks what the host lacks into `site`, without byte code.
 * @param work folder for lists
 * @returns version by package
 * @throws Problem where uv is missing, nothing fits, or a package has no wheel for that Python
 */
export async function unpackWheels(options: WheelOptions, site: string, work: string): Promise<Record<string, string>> {
  const file = async (name: string, lines: string[]) => {
    await writeFile(join(work, name), lines.map(line => `${line}\n`).join(''))
    return join(work, name)
  }
  const target = ['--python-version', options.python, '--python-platform', PLATFORM]
  const constraints = await file('constraints.txt', options.have.filter(line => line.includes('==')))
  const { stdout } = await command('uv', ['pip', 'compile', '--quiet', '--no-annotate', '--no-header', ...target, '--constraint', constraints, await file('wanted.txt', options.wheels)], {
    timeout: SECONDS, remedy: 'Is uv installed (pip install uv), is the Python index reachable, and do the versions in --have go with --wheels?',
  })
  const packed = toPack(requirements(stdout), options)
  if (packed.length === 0) throw new Problem(`bundle: nothing is left of ${options.wheels.join(' ')}: the host has all of it (--have)\nLeave --wheels out.`)
  await mkdir(site)
  await command('uv', ['pip', 'install', '--quiet', '--no-deps', '--only-binary', ':all:', '--link-mode', 'copy', ...target, '--target', site, '--requirement', await file('packed.txt', packed)], {
    timeout: SECONDS, remedy: 'A package without a wheel for that Python cannot be packed: does the host have it (--have)?',
  })
  return versionsOf(await readdir(site))
}

/** Names and versions of what is installed, by its `NAME-VERSION.dist-info` folders. */
export function versionsOf(entries: string[]): Record<string, string> {
  const found = entries.flatMap(entry => {
    const [, name, version] = /^(.+)-([^-]+)\.dist-info$/.exec(entry) ?? []
    return name && version ? [[packageName(name), version] as const] : []
  })
  return Object.fromEntries(found.sort(([a], [b]) => a < b ? -1 : 1))
}
