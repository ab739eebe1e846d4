import { readFileSync } from 'node:fs'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import type { DebianImage } from '../engines/description.ts'
import { command } from '../host/command.ts'
import { bundled } from './bundled.ts'
import { unpackDebian } from './debian.ts'
import { removeParts, removeTree, whole } from './folder.ts'
import type { Say } from './step.ts'

/** The files of an engine's image, made of Debian packages: a tar archive, and the versions beside it as JSON. */

export interface ImageFiles {
  archive: string
  packages: Record<string, string>
}

const NOT_NEEDED = ['usr/share/doc', 'usr/share/man', 'usr/share/locale', 'var/lib/apt', 'var/cache']
const versions = z.record(z.string(), z.string())
const versionsOf = (archive: string) => archive.replace(/tar$/, 'json')

/** The files that a bundle brought; undefined where none did. */
export function bundledImage(stateDir: string, { name }: DebianImage): ImageFiles | undefined {
  const archive = bundled(stateDir, `${name}.tar`)
  if (!archive) return undefined
  return { archive, packages: versions.parse(JSON.parse(readFileSync(versionsOf(archive), 'utf8'))) }
}

/** As a bundle carries them: `NAME.tar` and `NAME.json` in a folder. */
export async function makeBundledImage(image: DebianImage, folder: string, say: Say): Promise<ImageFiles> {
  const archive = join(folder, `${image.name}.tar`)
  const packages = await packDebianImage(image, archive, say)
  await writeFile(versionsOf(archive), JSON.stringify(packages))
  return { archive, packages }
}

/**
 * Unpacks the packages beside the archive, packs them into it and takes them away again.
 * @param archive its folder has room for both; nothing is left of it when that fails
 * @returns every package's version
 */
async function packDebianImage(
  { name, suite, packages: wanted }: DebianImage,
  archive: string,
  say: Say,
): Promise<Record<string, string>> {
  const folder = join(dirname(archive), `${name}-root`)
  let packages: Record<string, string> = {}
  try {
    await whole(folder, async part => {
      packages = await unpackDebian(suite, wanted, part, say)
      for (const path of NOT_NEEDED) await removeTree(join(part, path))
      return folder
    })
    const options = ['--create', '--file', archive, '--numeric-owner', '--sort=name', '--directory', folder]
    const remedy = `Is there room on the disk of ${dirname(archive)}? Run npm run setup again.`
    await command('tar', [...options, '--', ...(await readdir(folder))], { remedy })
    return packages
  } catch (error) {
    await rm(archive, { force: true })
    throw error
  } finally {
    await removeTree(folder)
  }
}

/** Calls `use` with the files: a bundle's, or those that are made for it in the state folder and removed after it. */
export async function withImageFiles<T>(
  stateDir: string,
  image: DebianImage,
  say: Say,
  use: (files: ImageFiles) => Promise<T>,
): Promise<T> {
  const brought = bundledImage(stateDir, image)
  if (brought) {
    say(`${basename(brought.archive)} came with the bundle`)
    return use(brought)
  }
  say(`unpacking ${image.name} from Debian ${image.suite}`)
  const archive = join(stateDir, `${image.name}.tar.part-${process.pid}`)
  await removeParts(join(stateDir, `${image.name}.tar`))
  try {
    return await use({ archive, packages: await packDebianImage(image, archive, say) })
  } finally {
    await rm(archive, { force: true })
  }
}
