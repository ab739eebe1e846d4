import { createHash } from 'node:crypto'
import { existsSync, mkdirSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { z } from 'zod'
import type { Configuration } from '../config/configuration.ts'
import { readRecord, writeRecord } from '../core/record.ts'
import { type DebianImage, FROM_HOST } from '../engines/description.ts'
import { engineDescriptions } from '../engines/index.ts'
import { command, succeeds } from '../host/command.ts'
import { LABEL, Podman, type Store } from '../podman/podman.ts'
import { unpackDebian } from './debian.ts'
import { askProgram, engineProgram, newerThanTested } from './engine-program.ts'
import { removeParts, removeTree, whole } from './folder.ts'
import { buildHostImage, HOST_IMAGE } from './host-image.ts'
import { missing, ok, type Say, type Step, unusable } from './step.ts'

/**
 * The engine's image, in the suite's own image store: made from Debian packages where the engine says so, else pulled.
 */

const FETCH_SECONDS = 7200

const repository = (name: string) => `localhost/criu-gpu-bench/${name}`
const recordName = (name: string) => `image-${name}`

const imageRecord = z.object({ image: z.string(), packages: z.record(z.string(), z.string()) })

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

/** The image that a configuration names, or how the suite makes it. */
function wantedImage(c: Configuration): string | DebianImage | undefined {
  const { image } = engineDescriptions[c.engine]
  return c.engineImage ?? (image && 'named' in image ? image.named(c) : image)
}

/** The reference of the engine's image; undefined before set-up has made it. */
export function imageOf(c: Configuration): string | undefined {
  const wanted = wantedImage(c)
  if (typeof wanted === 'object') return readRecord(c.stateDir, recordName(wanted.name), imageRecord)?.image
  return wanted === FROM_HOST ? HOST_IMAGE : wanted
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
    if (!reference) return missing(`no ${repository(c.engine)}`)
    const { root } = imageStore(c.stateDir)
    // Podman would make the store.
    if (!existsSync(root)) return missing(`no ${reference} in ${root}`)
    try {
      const podman = storePodman(c)
      if (!(await podman.hasImage(reference))) return missing(`no ${reference} in ${root}`)
      const { label, program } = engineDescriptions[c.engine]
      if (!program) return ok(reference)
      const said = engineProgram(c.stateDir, await podman.image(reference))
      return said
        ? ok(reference, newerThanTested(said.version, { label, tested: program.tested }))
        : missing(`the ${basename(program.path)} of ${reference} was not asked yet what it can do`)
    } catch (error) {
      return unusable((error as Error).message, `Repair podman first. If it works, delete ${root}, then npm run setup`)
    }
  },

  async make(c, say) {
    const made = imageOf(c)
    if (!made || !(await storePodman(c).hasImage(made))) await makeImage(c, say)
    const { program } = engineDescriptions[c.engine]
    if (!program) return
    const podman = storePodman(c)
    await askProgram(podman, await podman.image(imageOf(c)!), c.stateDir, { engine: c.engine, path: program.path })
  },
}

async function makeImage(c: Configuration, say: Say): Promise<void> {
  const wanted = wantedImage(c)
  if (wanted === FROM_HOST) await buildHostImage(storePodman(c), c.stateDir)
  else if (typeof wanted === 'object') await buildImage(c, wanted, say)
  else if (wanted) await fetchImage(c, wanted, say)
}

async function buildImage(c: Configuration, { name, suite, packages: wanted, version }: DebianImage, say: Say) {
  say(`unpacking ${engineDescriptions[c.engine].label} from Debian ${suite}`)
  const folder = join(c.stateDir, `${name}-root`)
  const archive = join(c.stateDir, `${name}.tar.part-${process.pid}`)
  await removeParts(join(c.stateDir, `${name}.tar`))
  let packages: Record<string, string> = {}
  let reference: string
  try {
    await whole(folder, async part => {
      packages = await unpackDebian(suite, wanted, part, say)
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
    reference = `${repository(name)}:${tagOf(packages[version] ?? 'unknown')}`
    say(`importing it as ${reference}`)
    await storePodman(c).run(['import', '--quiet', '--change', `LABEL ${LABEL}=1`, archive, reference], { remedy })
  } finally {
    await rm(archive, { force: true })
    await removeTree(folder)
  }
  // last: broken off before it, all is made again and nothing stays behind
  writeRecord(c.stateDir, recordName(name), { image: reference, packages })
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
