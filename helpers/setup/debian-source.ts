import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { attempt } from '../host/attempt.ts'
import { command } from '../host/command.ts'
import { checkKeyring, KEYRING, refusal, refused } from './debian.ts'
import { debianMirror } from './mirror.ts'
import type { Say } from './step.ts'

const SECONDS = 300

/** apt over a folder of its own: its lists and archives, one source, nothing of the host's packages. */
const aptArguments = (folder: string, anyAge: boolean): string[] =>
  [
    `Dir::Etc::sourcelist=${join(folder, 'sources.list')}`,
    'Dir::Etc::sourceparts=/dev/null',
    `Dir::State=${join(folder, 'state')}`,
    'Dir::State::status=/dev/null',
    `Dir::Cache=${join(folder, 'cache')}`,
    'APT::Sandbox::User=root',
    'Acquire::Languages=none',
    'Acquire::Retries=2',
    'Acquire::http::Timeout=20',
    'Acquire::https::Timeout=20',
    ...(anyAge ? ['Acquire::Check-Valid-Until=false'] : []),
  ].flatMap(option => ['--option', option])

/**
 * Unpacks the upstream source of a Debian package into `target`, without Debian's patches. apt checks the archive's
 * signature and the file's hash.
 * @param version Debian's, such as 4.2.1-1
 * @param work folder for what is fetched
 * @throws Problem naming the mirror, what apt said and what to do
 */
export async function unpackDebianSource(
  suite: string,
  name: string,
  version: string,
  { target, work }: { target: string; work: string },
  say: Say,
): Promise<void> {
  checkKeyring()
  const mirror = await debianMirror()
  for (const folder of ['state/lists/partial', 'cache/archives/partial', 'fetched'])
    await mkdir(join(work, folder), { recursive: true })
  await writeFile(join(work, 'sources.list'), `deb-src [signed-by=${KEYRING}] ${mirror} ${suite} main\n`)
  const apt = (anyAge: boolean, ...args: string[]) =>
    attempt('env', [`--chdir=${join(work, 'fetched')}`, 'apt-get', '--quiet', ...aptArguments(work, anyAge), ...args], {
      timeout: SECONDS,
    })
  let anyAge = false
  let outcome = await apt(anyAge, 'update')
  if (refusal(outcome.all) === 'expired') {
    say(`${mirror} is a frozen mirror (its ${suite} is past Valid-Until): used anyway, signatures are checked`)
    anyAge = true
    outcome = await apt(anyAge, 'update')
  }
  if (outcome.exitCode === 0)
    outcome = await apt(anyAge, 'source', '--tar-only', '--download-only', `${name}=${version}`)
  const [archive] = (await readdir(join(work, 'fetched'))).filter(file => file.includes('.orig.tar.'))
  if (outcome.exitCode !== 0 || !archive) throw refused(mirror, suite, [`${name} ${version} (source)`], outcome)
  await mkdir(target, { recursive: true })
  await command('tar', [
    ...['--extract', '--file', join(work, 'fetched', archive)],
    ...['--directory', target, '--strip-components=1', '--no-same-owner'],
  ])
}
