import { createHash } from 'node:crypto'
import { existsSync, mkdirSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Configuration } from '../config/configuration.ts'
import { readRecord, writeRecord } from '../core/record.ts'
import { command, succeeds } from '../host/command.ts'
import { LABEL, Podman, type Store } from '../podman/podman.ts'
import { unpackDebian } from './debian.ts'
import { askProgram, engineProgram, newerThanTested } from './engine-program.ts'
import { removeParts, removeTree, whole } from './folder.ts'
import { buildHostImage, HOST_IMAGE } from './host-image.ts'
import { missing, ok, type Say, type Step, unusable } from './step.ts'

/**
 * The engine's image, in the suite's own image store: for llama-cpp made from Debian packages, otherwise pulled.
 */

const SUITE = 'forky'
const PACKAGES = [
  'base-files',
  'llama.cpp-tools',
  'libggml0',
  'libllama0',
  'libc6',
  'libgcc-s1',
  'libstdc++6',
  'libgomp1',
  'libssl3t64',
]
const REPOSITORY = 'localhost/criu-gpu-bench/llama-cpp'
const FETCH_SECONDS = 7200

export const imageRecord = z.object({ image: z.string(), packages: z.record(z.string(), z.string()) })

/**
 * The suite's image store, apart from the user's. State that must not outlive a boot lies in /run, a folder for each
 * STATE_DIR.
 */
export function imageStore(stateDir: string): Store {
  const run = join('/run/criu-gpu-bench', createHash('sha256').update(stateDir).digest('hex').slice(0, 8))
  return { root: join(stateDir, 'images'), runroot: run, tmpdir: join(run, 'tmp') }
}

/** Podman over that store; folders are made. */
export function storePodman(c: Configuration): Podman {
  const store = imageStore(c.stateDir)
  for (const folder of [store.root, store.runroot, store.tmpdir]) mkdirSync(folder, { recursive: true, mode: 0o700 })
  return new Podman({ store, runtime: c.ociRuntime, timeout: c.toolTimeout })
}

/** The image that a configuration names; undefined for the one that the suite makes. */
export function namedImage(c: Configuration): string | undefined {
  return c.engineImage ?? (c.engine === 'vllm' ? c.vllmImage : undefined)
}

/** The reference of the engine's image; undefined before set-up has made it. */
export function imageOf(c: Configuration): string | undefined {
  const named = namedImage(c)
  return named === 'host' ? HOST_IMAGE : (named ?? readRecord(c.stateDir, 'image-llama-cpp', imageRecord)?.image)
}

/** A version as an image tag: letters, digits, "_", "." and "-" only. */
export const tagOf = (version: string) =>
  version
    .replace(/[^\w.-]+/g, '_')
    .replace(/^[.-]+/, '')
    .slice(0, 128)

export const image: Step = {
  name: 'engine image',
  async probe(c) {
    const reference = imageOf(c)
    if (!reference) return missing(`no ${REPOSITORY}`)
    const { root } = imageStore(c.stateDir)
    // Podman would make the store.
    if (!existsSync(root)) return missing(`no ${reference} in ${root}`)
    try {
      const podman = storePodman(c)
      if (!(await podman.hasImage(reference))) return missing(`no ${reference} in ${root}`)
      if (c.engine !== 'llama-cpp') return ok(reference)
      const program = engineProgram(c.stateDir, await podman.image(reference))
      return program
        ? ok(reference, newerThanTested(program.version))
        : missing(`the options of the llama-server in ${reference} are not known yet`)
    } catch (error) {
      return unusable((error as Error).message, `Repair podman first. If it works, delete ${root}, then npm run setup`)
    }
  },

  async make(c, say) {
    const made = imageOf(c)
    if (!made || !(await storePodman(c).hasImage(made))) await makeImage(c, say)
    if (c.engine === 'llama-cpp') await askProgram(storePodman(c), await storePodman(c).image(imageOf(c)!), c.stateDir)
  },
}

async function makeImage(c: Configuration, say: Say): Promise<void> {
  const reference = namedImage(c)
  if (reference === 'host') await buildHostImage(storePodman(c), c.stateDir)
  else await (reference ? fetchImage(c, reference, say) : buildImage(c, say))
}

async function buildImage(c: Configuration, say: Say): Promise<void> {
  say(`unpacking llama.cpp from Debian ${SUITE}`)
  const folder = join(c.stateDir, 'llama-cpp-root')
  const archive = join(c.stateDir, `llama-cpp.tar.part-${process.pid}`)
  await removeParts(join(c.stateDir, 'llama-cpp.tar'))
  let packages: Record<string, string> = {}
  let reference: string
  try {
    await whole(folder, async part => {
      packages = await unpackDebian(SUITE, PACKAGES, part, say)
      for (const dull of ['usr/share/doc', 'usr/share/man', 'usr/share/locale', 'var/lib/apt', 'var/cache'])
        await removeTree(join(part, dull))
      return folder
    })
    const remedy = `Is there room on the disk of ${c.stateDir}? Run npm run setup again.`
    await command(
      'tar',
      [
        '--create',
        '--file',
        archive,
        '--numeric-owner',
        '--sort=name',
        '--directory',
        folder,
        '--',
        ...(await readdir(folder)),
      ],
      { remedy },
    )
    reference = `${REPOSITORY}:${tagOf(packages['llama.cpp-tools'] ?? 'unknown')}`
    say(`importing it as ${reference}`)
    await storePodman(c).run(['import', '--quiet', '--change', `LABEL ${LABEL}=1`, archive, reference], { remedy })
  } finally {
    await rm(archive, { force: true })
    await removeTree(folder)
  }
  // last: broken off before it, all is made again and nothing stays behind
  writeRecord(c.stateDir, 'image-llama-cpp', { image: reference, packages })
}

/** From podman's ordinary store where it is, else from its registry. */
async function fetchImage(c: Configuration, reference: string, say: Say): Promise<void> {
  const store = storePodman(c)
  const options = {
    timeout: FETCH_SECONDS,
    remedy:
      'Is the registry reachable (podman login for a private one)? An image that podman has already is ' +
      `copied: podman load or podman pull ${reference}, then npm run setup again.`,
  }
  if (!(await succeeds('podman', ['image', 'exists', reference], { timeout: c.toolTimeout }))) {
    say(`pulling ${reference}`)
    await store.run(['pull', '--quiet', reference], options)
    return
  }
  say(`copying ${reference} from podman's own store`)
  const archive = join(c.stateDir, `image.tar.part-${process.pid}`)
  await removeParts(join(c.stateDir, 'image.tar'))
  try {
    await command('podman', ['save', '--quiet', '--output', archive, reference], options)
    await store.run(['load', '--quiet', '--input', archive], options)
  } finally {
    await rm(archive, { force: true })
  }
}
