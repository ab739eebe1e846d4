import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Problem } from '../core/problem.ts'
import { attempt } from '../host/attempt.ts'
import { lastLines } from '../host/command.ts'
import { whereIs } from '../host/programs.ts'
import { providePip } from './packages.ts'
import type { Say } from './step.ts'

/**
 * One wheel of the Python index, pinned by its hash, unpacked into a folder. Nothing of it runs, and no Python of the
 * host is changed.
 */

/** @property sha256 of the wheel, hexadecimal */
export interface PythonPackage {
  name: string
  version: string
  sha256: string
}

interface Installer {
  file: string
  args: string[]
}

const SECONDS = 1800
/** What pip and uv both know. */
const COMMON = ['--no-deps', '--only-binary', ':all:', '--require-hashes']
const pip = (file: string): Installer => ({
  file,
  args: [
    '-m',
    'pip',
    'install',
    ...COMMON,
    '--no-compile',
    '--no-cache-dir',
    '--no-input',
    '--disable-pip-version-check',
    '--progress-bar',
    'off',
    '--retries',
    '2',
    '--timeout',
    '20',
  ],
})
const uv: Installer = { file: 'uv', args: ['pip', 'install', ...COMMON, '--no-cache', '--link-mode', 'copy'] }

/** The host's pip, its uv, or the pip that apt brings. @throws Problem where there is none */
async function installer(say: Say): Promise<Installer> {
  if ((await attempt('python3', ['-m', 'pip', '--version'])).exitCode === 0) return pip('python3')
  if (whereIs('uv')) return uv
  await providePip(say)
  return pip('/usr/bin/python3')
}

/**
 * Unpacks the wheel; pip or uv checks its hash. Whatever they need on the way lies in `folder` as well.
 * @param folder made where it is missing
 * @returns the folder of what was in the wheel
 * @throws Problem with what pip or uv said
 */
export async function unpackWheel({ name, version, sha256 }: PythonPackage, folder: string, say: Say): Promise<string> {
  await mkdir(folder, { recursive: true })
  const site = join(folder, 'site')
  const requirements = join(folder, 'requirements.txt')
  await writeFile(requirements, `${name}==${version} --hash=sha256:${sha256}\n`)
  const { file, args } = await installer(say)
  say(`${file === 'uv' ? 'uv' : 'pip'} fetches ${name} ${version} from the Python index`)
  const env = { TMPDIR: folder, PIP_USER: '0', PIP_REQUIRE_VIRTUALENV: '0' }
  const { exitCode, account, all } = await attempt(file, [...args, '--target', site, '--requirement', requirements], {
    timeout: SECONDS,
    env,
  })
  if (exitCode !== 0)
    throw new Problem(
      `the Python package ${name} ${version} could not be downloaded${all && `: ${lastLines(all, 1)}`}\n${account}`,
    )
  return site
}
