import { mkdirSync, symlinkSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { command } from '../host/command.ts'
import { LABEL, type Podman } from '../podman/podman.ts'
import { removeTree } from './folder.ts'

/**
 * ENGINE_IMAGE=host, VLLM_IMAGE=host: an image with nothing in it but the folders and links that the host's own /usr,
 * /opt and /etc are shown in.
 */
export const HOST_IMAGE = 'localhost/criu-gpu-bench/host:1'

const FOLDERS = [
  'usr',
  'opt',
  'etc',
  'tmp',
  'proc',
  'sys',
  'dev',
  'root',
  'var',
  'run',
  'mnt',
  'model',
  'weights',
  'criu-gpu-bench/vllm-sleep',
]
const LINKS = ['bin', 'sbin', 'lib', 'lib64']

/** Makes it in a store. `folder` is the suite's own, for what is made on the way. */
export async function buildHostImage(podman: Podman, folder: string): Promise<void> {
  const root = join(folder, 'host-root')
  const archive = join(folder, `host.tar.part-${process.pid}`)
  await removeTree(root)
  try {
    for (const name of FOLDERS) mkdirSync(join(root, name), { recursive: true, mode: 0o755 })
    for (const name of LINKS) symlinkSync(`usr/${name}`, join(root, name))
    await command('tar', [
      '--create',
      '--file',
      archive,
      '--numeric-owner',
      '--directory',
      root,
      '--',
      ...(await readdir(root)),
    ])
    await podman.run(['import', '--quiet', '--change', `LABEL ${LABEL}=1`, archive, HOST_IMAGE])
  } finally {
    await rm(archive, { force: true })
    await removeTree(root)
  }
}
