import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The cache of Hugging Face's hub: a folder for each model, one of each of its revisions in it. */

/** Where it keeps a model, such as Qwen/Qwen2-1.5B. */
export const hubModel = (modelsCache: string, name: string): string =>
  join(modelsCache, 'hub', `models--${name.replaceAll('/', '--')}`)

/** A revision as the hub has them, for a model that is made here: the same for the same. */
export const madeRevision = (what: string): string => createHash('sha1').update(what).digest('hex')

export const revisionFolder = (model: string, revision: string): string => join(model, 'snapshots', revision)

/** The file that says which revision the model's name stands for. */
export const mainRevisionFile = (model: string): string => join(model, 'refs/main')

/** The revision becomes the one that the model's name stands for. */
export function setMainRevision(model: string, revision: string): void {
  const main = mainRevisionFile(model)
  mkdirSync(dirname(main), { recursive: true })
  writeFileSync(main, revision)
}

/** The revision that the model's name stands for. @throws what the system says where it was never downloaded */
export const readMainRevision = (model: string): string => readFileSync(mainRevisionFile(model), 'utf8').trim()

/** The folder of that revision; undefined where it was never downloaded. */
export const mainRevisionFolder = (model: string): string | undefined =>
  existsSync(mainRevisionFile(model)) ? revisionFolder(model, readMainRevision(model)) : undefined
