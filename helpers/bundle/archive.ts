import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import type { Readable } from 'node:stream'
import { Problem } from '../core/problem.ts'
import { command } from '../host/command.ts'

/** tar archives of a bundle: numeric owner root, sorted names. */

const SECONDS = 3600
/** Twice as fast as xz's own level, a twentieth larger; blocks, so that as many threads unpack it. */
const LEVEL = 4

/**
 * Packs what stands in `folder` into FILE.tar.xz.
 * @param leaveOut patterns of `tar --exclude`: a name anywhere, or `./a/path`
 */
export async function packFolder(folder: string, file: string, leaveOut: string[] = []): Promise<void> {
  const xz = `nice -n 5 xz -${LEVEL} --block-size=8MiB --threads=${availableParallelism()}`
  await command(
    'tar',
    [
      '--create',
      `--use-compress-program=${xz}`,
      '--file',
      file,
      ...ownership,
      ...leaveOut.map(pattern => `--exclude=${pattern}`),
      '--directory',
      folder,
      '.',
    ],
    { timeout: SECONDS, remedy: 'Is there room on the disk, and are tar and xz installed (apt-get install xz-utils)?' },
  )
}

const ownership = ['--numeric-owner', '--owner=0', '--group=0', '--sort=name']

/** `folder` as an unpacked tar stream. The promise says how tar ended; wait for it after the stream. */
export function tarStream(folder: string): { stream: Readable; ended: Promise<void> } {
  const tar = spawn('tar', ['--create', ...ownership, '--directory', folder, '.'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  tar.stderr.on('data', (text: Buffer) => {
    said += text.toString()
  })
  const ended = once(tar, 'close').then(([code]) => {
    if (code !== 0) throw new Problem(`tar of ${folder} ended with exit code ${code}\n${said.trim()}`)
  })
  ended.catch(() => {})
  return { stream: tar.stdout, ended }
}
