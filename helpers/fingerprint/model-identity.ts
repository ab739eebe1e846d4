import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Configuration } from '../config/configuration.ts'
import { readRecord, writeRecord } from '../core/record.ts'

/** What a model is, whatever its name: two runs of one name with other weights are not the same measurement. */

const RECORD = 'model-hashes'
const record = z.record(z.string(), z.object({ size: z.number(), modified: z.number(), sha256: z.string() }))

/** Of a file's content, hexadecimal. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

/** The same, read only where the file is another than the one that was hashed before; kept where `keep` says so. */
export async function knownSha256(stateDir: string, path: string, { keep }: { keep: boolean }): Promise<string> {
  const { size, mtimeMs } = await stat(path)
  const known = readRecord(stateDir, RECORD, record) ?? {}
  const before = known[path]
  if (before?.size === size && before.modified === mtimeMs) return before.sha256
  const sha256 = await sha256Of(path)
  if (keep) writeRecord(stateDir, RECORD, { ...known, [path]: { size, modified: mtimeMs, sha256 } })
  return sha256
}

/** Files of a model folder that are read whole; of others, gigabytes in all, name and size count. */
const SMALL = 1 << 20

/**
 * Its bytes and a hash: of a file's content; of a folder's names, sizes and small files. Undefined for a name that the
 * engine looks up.
 */
export async function modelIdentity({
  modelId,
  stateDir,
}: Pick<Configuration, 'modelId' | 'stateDir'>): Promise<string | undefined> {
  const found = await stat(modelId).catch(() => undefined)
  if (found?.isFile()) return identity(found.size, await knownSha256(stateDir, modelId, { keep: true }))
  if (!found?.isDirectory()) return undefined
  const hash = createHash('sha256')
  let bytes = 0
  for (const name of (await readdir(modelId)).sort()) {
    const file = await stat(join(modelId, name)).catch(() => undefined)
    if (!file?.isFile()) continue
    bytes += file.size
    hash.update(`${name}\0${file.size}\0`)
    if (file.size <= SMALL) hash.update(await readFile(join(modelId, name)))
  }
  return identity(bytes, hash.digest('hex'))
}

/** The bytes of the files that a fingerprint's `model` names; undefined where it does not say. */
export const fileBytes = (model: string | null | undefined): number | undefined => {
  const bytes = /, (\d+) bytes, [0-9a-f]{12}$/.exec(model ?? '')?.[1]
  return bytes === undefined ? undefined : Number(bytes)
}

const identity = (bytes: number, sha256: string) => `${bytes} bytes, ${sha256.slice(0, 12)}`
