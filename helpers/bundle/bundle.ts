import { existsSync, readdirSync } from 'node:fs'
import { copyFile, mkdir, stat, writeFile } from 'node:fs/promises'
import { arch } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { Problem } from '../core/problem.ts'
import { compareVersions } from '../core/versions.ts'
import { command } from '../host/command.ts'
import { whereIs } from '../host/programs.ts'
import { DEFAULT_MODEL } from '../models/embedded.ts'
import { debianCriu } from '../setup/criu.ts'
import { buildCudaPlugin, CHECKPOINT_PROGRAM, COMPILER, glibcOf, PLUGIN } from '../setup/cuda-plugin-build.ts'
import { unpackDebian } from '../setup/debian.ts'
import { removeTree, whole } from '../setup/folder.ts'
import { provideUnpacker } from '../setup/packages.ts'
import type { Say } from '../setup/step.ts'
import { packFolder, tarStream } from './archive.ts'
import { collectEngine, engineName } from './engine.ts'
import { type Content, checksums, type Manifest } from './manifest.ts'
import { LEFT_OUT, nodeModules } from './node-modules.ts'
import { writeParts } from './parts.ts'
import { arrangePodman, PODMAN_PACKAGES, PODMAN_SUITE } from './podman.ts'
import { slim } from './slim.ts'
import { resolveWheels, unpackWheels, type WheelOptions } from './wheels.ts'

/** All that a host without a network needs to run the suite, as numbered parts and an install.sh. */

const project = resolve(import.meta.dirname, '../..')

/** Of the oldest host that a bundle is for: Ubuntu 24.04. */
const GLIBC = '2.39'

export interface BundleOptions extends WheelOptions {
  /** Folder of the parts; made anew. */
  out: string
  /** Bytes that no part exceeds. */
  partSize: number
  /** Whether llama.cpp's image and model go along. */
  engine: boolean
}

/** @throws Problem where `out` holds something that is no bundle: it is replaced as a whole */
export function checkOut(out: string): void {
  if (existsSync(out) && readdirSync(out).length > 0 && !existsSync(join(out, 'bundle.json')))
    throw new Problem(
      `bundle: ${out} is not empty and does not hold a bundle\nName another folder with --out, or empty it.`,
    )
}

/** Packs everything. Broken off anywhere, `out` is what it was before. */
export async function makeBundle(options: BundleOptions, say: Say): Promise<Manifest> {
  if (arch() !== 'x64')
    throw new Problem(`bundle: this host is ${arch()}, and what is packed here runs on x86-64 hosts only`)
  checkOut(options.out)
  if (options.wheels.length > 0 && !whereIs('uv'))
    throw new Problem('bundle: --wheels needs uv, which is not on PATH\nInstall it: pip install uv')
  let manifest: Manifest | undefined
  await whole(options.out, async part => {
    const work = join(part, 'work')
    const packed = join(work, 'packed')
    const contents = await packAll(options, work, packed, say)
    manifest = await writeBundle(options, contents, packed, part)
    return options.out
  })
  return manifest!
}

/** All archives, and what install.sh reads of them, into `packed`. */
async function packAll(options: BundleOptions, work: string, packed: string, say: Say): Promise<Content[]> {
  await mkdir(packed, { recursive: true })
  // first, since only this can contradict itself
  const wheels = options.wheels.length > 0 ? await resolved(options, work, say) : []
  await provideUnpacker(say)
  const contents: Content[] = []
  const add: Add = async (name, what, versions, folder, leaveOut) => {
    const archive = `${name}.tar.xz`
    say(`packing ${what}`)
    await packFolder(folder, join(packed, archive), leaveOut)
    contents.push({ archive, what, bytes: (await stat(join(packed, archive))).size, versions })
  }
  await add('node_modules', `Node ${process.version} and the npm packages`, {}, nodeModules(), LEFT_OUT)
  await addSuite(join(work, 'suite'), folder => add('suite', 'the suite itself', {}, folder))
  await addPodman(work, say, add)
  const criu = await addCriu(work, say, add)
  await addCudaPlugin(join(work, 'cuda-plugin'), criu, say, add)
  if (options.engine) await addEngine(join(work, 'engine'), say, add)
  if (wheels.length > 0) await addSite(wheels, options, join(work, 'site'), work, say, add)
  await writeFile(join(packed, 'python-version'), `${options.python}\n`)
  await writeFile(join(packed, 'contents.json'), `${JSON.stringify(contents, undefined, 2)}\n`)
  return contents
}

/** The parts of what is packed, and what stands beside them; the folder of `packed` goes. */
async function writeBundle(
  options: BundleOptions,
  contents: Content[],
  packed: string,
  part: string,
): Promise<Manifest> {
  const { stream, ended } = tarStream(packed)
  const manifest: Manifest = {
    schema: 'criu-gpu-bench/bundle@1',
    created: new Date().toISOString(),
    architecture: 'x86_64',
    contents,
    parts: await writeParts(stream, part, options.partSize),
  }
  await ended
  await removeTree(dirname(packed))
  await copyFile(join(import.meta.dirname, 'install.sh'), join(part, 'install.sh'))
  await writeFile(join(part, 'bundle.json'), `${JSON.stringify(manifest, undefined, 2)}\n`)
  await writeFile(join(part, 'SHA256SUMS'), checksums(manifest.parts))
  return manifest
}

/** Packs a folder as an archive of that name. */
type Add = (
  name: string,
  what: string,
  versions: Record<string, string>,
  folder: string,
  leaveOut?: string[],
) => Promise<void>

async function addPodman(work: string, say: Say, add: Add): Promise<void> {
  say(`unpacking podman from Debian ${PODMAN_SUITE}`)
  const [root, folder] = [join(work, 'podman-root'), join(work, 'podman')]
  const versions = await unpackDebian(PODMAN_SUITE, PODMAN_PACKAGES, root, say)
  await arrangePodman(root, folder)
  await add('podman', `podman ${versions.podman} and its parts`, versions, folder)
  await removeTree(root)
}

/** @returns its version */
async function addCriu(work: string, say: Say, add: Add): Promise<string> {
  const { folder, packages } = await debianCriu(join(work, 'criu-state'), say)
  await writeFile(join(folder, 'packages.json'), JSON.stringify(packages))
  await add('criu', `CRIU ${packages.criu} with its own libraries`, packages, join(folder, '..'))
  return packages.criu!
}

/** Where there is a compiler. @throws Problem where what it makes would not run on the oldest host of a bundle */
async function addCudaPlugin(folder: string, criu: string, say: Say, add: Add): Promise<void> {
  if (!whereIs(COMPILER)) {
    say(`left out: CRIU's CUDA plugin, because ${COMPILER} is not installed`)
    return
  }
  await buildCudaPlugin(folder, criu, say)
  for (const file of [PLUGIN, CHECKPOINT_PROGRAM]) {
    const needed = await glibcOf(join(folder, file))
    if (compareVersions(needed, GLIBC) > 0)
      throw new Problem(
        `bundle: ${file} was compiled against glibc ${needed} here, and a bundle's host may have ${GLIBC}\nBundle ` +
          'on an older distribution, such as Debian 12.',
      )
  }
  await add('cuda-plugin', `CRIU's CUDA plugin and ${CHECKPOINT_PROGRAM}`, { criu }, folder)
}

async function addEngine(folder: string, say: Say, add: Add): Promise<void> {
  const versions = await collectEngine(folder, say)
  await add('engine', `${engineName(versions)} and ${DEFAULT_MODEL.file}`, versions, folder)
  await removeTree(folder)
}

function resolved(options: BundleOptions, work: string, say: Say): Promise<string[]> {
  say(`resolving ${options.wheels.join(' ')} for Python ${options.python}`)
  return resolveWheels(options, work)
}

async function addSite(
  wheels: string[],
  options: BundleOptions,
  site: string,
  work: string,
  say: Say,
  add: Add,
): Promise<void> {
  say(`fetching ${wheels.length} Python packages`)
  const versions = await unpackWheels(wheels, options, site, work)
  if (options.slim)
    say(`left out: ${(await slim(site, options.python)).map(path => basename(path)).join(', ') || 'nothing'}`)
  await add(
    'site',
    `Python packages: ${options.wheels.join(' ')} (${Object.keys(versions).length} in all)`,
    versions,
    site,
  )
  await removeTree(site)
}

/** The checkout's own files, as git lists them; none where it is no git checkout. */
async function addSuite(folder: string, add: (folder: string) => Promise<void>): Promise<void> {
  const listed = await command('git', ['-C', project, 'ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    timeout: 60,
  }).catch(() => undefined)
  const files = listed?.stdout.split('\0').filter(file => file && existsSync(join(project, file))) ?? []
  if (files.length === 0) return
  await mkdir(folder)
  await command(
    'cp',
    ['--parents', '--no-dereference', '--preserve=mode,timestamps', '--target-directory', folder, '--', ...files],
    { cwd: project },
  )
  await add(folder)
}
