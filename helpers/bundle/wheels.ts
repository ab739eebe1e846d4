import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Problem } from '../core/problem.ts'
import { command } from '../host/command.ts'
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
  /** Versions in place of those that packages ask for, in the same form as `wheels`. */
  override: string[]
  /** Leave {@link SLIM_PACKAGES} out. */
  slim: boolean
  /** Version of the host's Python. */
  python: string
}

/** A package's name as indexes compare it: `Typing_Extensions[x]==1` is typing-extensions. */
export const packageName = (requirement: string): string =>
  (/^[A-Za-z0-9._-]+/.exec(requirement.trim())?.[0] ?? '').toLowerCase().replace(/[-_.]+/g, '-')

/** The lines of a requirements file that name something. */
export const requirements = (text: string): string[] =>
  text
    .split('\n')
    .map(line => line.replace(/(^|\s)#.*/, '').trim())
    .filter(Boolean)

/** What of a resolution has to be packed. @param resolved lines `NAME==VERSION ; marker` */
export function toPack(resolved: string[], { have, slim }: Pick<WheelOptions, 'have' | 'slim'>): string[] {
  const there = new Set(have.map(packageName))
  return resolved.filter(line => !there.has(packageName(line)) && !(slim && SLIM_PACKAGES.has(packageName(line))))
}

const target = ({ python }: WheelOptions) => ['--python-version', python, '--python-platform', PLATFORM]
const BINARY = ['--no-deps', '--only-binary', ':all:']

/**
 * What has to be unpacked, found out without fetching any of it: `NAME==VERSION` lines.
 * @param work folder for lists
 * @throws Problem where `have` and `wheels` contradict each other, nothing is left, or a package has no
 *   wheel for that Python
 */
export async function resolveWheels(options: WheelOptions, work: string): Promise<string[]> {
  const has = options.have.length
  const beside = has ? `, with what the host has (--have, ${has} packages)` : ''
  const asked = `--wheels ${options.wheels.join(' ')} on Python ${options.python}${beside}`
  const constraints = await list(
    work,
    'constraints.txt',
    options.have.filter(line => line.includes('==')),
  )
  const { stdout } = await command(
    'uv',
    [
      'pip',
      'compile',
      '--quiet',
      '--no-annotate',
      '--no-header',
      ...target(options),
      '--constraint',
      constraints,
      '--override',
      await list(work, 'override.txt', options.override),
      await list(work, 'wanted.txt', options.wheels),
    ],
    {
      name: 'uv pip compile',
      timeout: SECONDS,
      remedy:
        `Asked for: ${asked}.\nName versions that go together, leave the package out of --have if the ` +
        'bundle is to bring its own, or have its version taken all the same with --override. Is the Python index ' +
        'reachable?',
    },
  )
  const packed = toPack(requirements(stdout), options)
  if (packed.length === 0)
    throw new Problem(
      `bundle: nothing is left of ${options.wheels.join(' ')}: the host has all of it (--have)\nLeave --wheels out.`,
    )
  await command(
    'uv',
    [
      'pip',
      'install',
      '--quiet',
      '--dry-run',
      ...BINARY,
      ...target(options),
      '--target',
      join(work, 'dry-run'),
      '--requirement',
      await list(work, 'packed.txt', packed),
    ],
    {
      name: 'uv pip install --dry-run',
      timeout: SECONDS,
      remedy: 'A package without a wheel for that Python cannot be packed: does the host have it (--have)?',
    },
  )
  return packed
}

/**
 * Unpacks what {@link resolveWheels} found into `site`, without byte code.
 * @returns version by package
 */
export async function unpackWheels(
  packed: string[],
  options: WheelOptions,
  site: string,
  work: string,
): Promise<Record<string, string>> {
  await mkdir(site)
  await command(
    'uv',
    [
      'pip',
      'install',
      '--quiet',
      ...BINARY,
      '--link-mode',
      'copy',
      ...target(options),
      '--target',
      site,
      '--requirement',
      await list(work, 'packed.txt', packed),
    ],
    {
      name: 'uv pip install',
      timeout: SECONDS,
      remedy: 'Is the Python index reachable, and is there room on the disk?',
    },
  )
  return versionsOf(await readdir(site))
}

async function list(work: string, name: string, lines: string[]): Promise<string> {
  await writeFile(join(work, name), lines.map(line => `${line}\n`).join(''))
  return join(work, name)
}

/** Names and versions of what is installed, by its `NAME-VERSION.dist-info` folders. */
export function versionsOf(entries: string[]): Record<string, string> {
  const found = entries.flatMap(entry => {
    const [, name, version] = /^(.+)-([^-]+)\.dist-info$/.exec(entry) ?? []
    return name && version ? [[packageName(name), version] as const] : []
  })
  return Object.fromEntries(found.sort(([a], [b]) => (a < b ? -1 : 1)))
}
