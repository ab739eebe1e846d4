import { createHash } from 'node:crypto'
import { existsSync, mkdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { z } from 'zod'
import type { Configuration } from '../config/configuration.ts'
import { readRecord, writeRecord } from '../core/record.ts'
import { type DebianImage, FROM_HOST } from '../engines/description.ts'
import { engineDescriptions } from '../engines/index.ts'
import { command, succeeds } from '../host/command.ts'
import { LABEL, Podman, type Store } from '../podman/podman.ts'
import { bundledImage, withImageFiles } from './debian-image.ts'
import { askProgram, engineProgram, newerThanTested } from './engine-program.ts'
import { removeParts } from './folder.ts'
import { buildHostImage, HOST_IMAGE } from './host-image.ts'
import { missing, ok, type Say, type Step, unusable } from './step.ts'

/**
 * The engine's image, in the suite's own image store: made from Debian packages where the engine says so, else pulled.
 */

const FETCH_SECONDS = 7200

const repository = (name: string) => `localhost/criu-gpu-bench/${name}`
const recordName = (name: string) => `image-${name}` as const

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

/** Whether set-up must unpack Debian packages for the engine's image. */
export function needsDebian(c: Configuration): boolean {
  const wanted = wantedImage(c)
  return typeof wanted === 'object' && imageOf(c) === undefined && bundledImage(c.stateDir, wanted) === undefined
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

async function buildImage(c: Configuration, wanted: DebianImage, say: Say) {
  const { name, version } = wanted
  const made = await withImageFiles(c.stateDir, wanted, say, async ({ archive, packages }) => {
    const reference = `${repository(name)}:${tagOf(packages[version] ?? 'unknown')}`
    say(`importing it as ${reference}`)
    await storePodman(c).run(['import', '--quiet', '--change', `LABEL ${LABEL}=1`, archive, reference], {
      remedy: `Is there room on the disk of ${c.stateDir}? Run npm run setup again.`,
    })
    return { image: reference, packages }
  })
  // last: broken off before it, all is made again and nothing stays behind
  writeRecord(c.stateDir, recordName(name), made)
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
