import { mkdir, stat, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { llamaShape, weightBytes, writeRandomGguf } from '../gguf.ts'
import { Problem } from '../problem.ts'
import { removeParts } from './folder.ts'
import { missing, ok, unusable, type Step } from './step.ts'

/** The model of ENGINE=llama-cpp: a file of random weights, made once. Other engines fetch their own by name. */

const SEED = 'criu-gpu-bench'
/** What must stay free on the disk, bytes. */
const RESERVE = 256e6

const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`

/** Throws where a file of that size would fill the disk. @param free bytes */
export function checkRoom(file: string, bytes: number, free: number): void {
  if (free < bytes + RESERVE) throw new Problem(`set-up: the model ${file} needs ${megabytes(bytes)}, and ${dirname(file)} has ${megabytes(free)} free\nFree some, name another folder with MODELS_CACHE, or a smaller MODEL_SIZE.`)
}

export const model: Step = {
  name: 'model',
  async probe(c) {
    if (c.engine !== 'llama-cpp') return ok(`${c.modelId}: the engine loads it itself`)
    const file = await stat(c.modelId).catch(() => undefined)
    if (file && !file.isFile()) return unusable(`${c.modelId} is no file`, 'Name a GGUF file with MODEL_ID')
    if (!c.modelIsRandom) return file ? ok(`${c.modelId}, ${megabytes(file.size)}`) : unusable(`${c.modelId} is not there`, 'Name a GGUF file with MODEL_ID')
    if (!file) return missing(`no ${c.modelId}`)
    if (file.size < weightBytes(llamaShape(c.modelBytes))) return missing(`${c.modelId} is too short: ${megabytes(file.size)}`)
    return ok(`${c.modelId}, ${megabytes(file.size)}, random weights`)
  },

  async make(c, say) {
    if (!c.modelIsRandom) return
    const shape = llamaShape(c.modelBytes)
    await mkdir(dirname(c.modelId), { recursive: true })
    await removeParts(c.modelId)
    const { bavail, bsize } = await statfs(dirname(c.modelId))
    checkRoom(c.modelId, weightBytes(shape), bavail * bsize)
    say(`writing ${megabytes(weightBytes(shape))} of random weights to ${c.modelId}`)
    let told = 0
    await writeRandomGguf(c.modelId, shape, SEED, share => {
      if (share < told + 0.25 || share === 1) return
      told = share
      say(`${Math.round(share * 100)} %`)
    })
  },
}
