import { globSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** How many parameters a model has, as far as its name or its files tell. */

/** Such as 1.5B, 135M and 8x7B; not the 4 of Q4_K_M, and no megabytes. */
const IN_NAME = /(?<![a-z0-9.])(?:(\d+)x)?(\d+(?:\.\d+)?)([bm])(?![a-z0-9])/i
const SIZES = { m: 1e6, b: 1e9 }
const BYTES: Record<string, number> = { bfloat16: 2, float16: 2, float32: 4 }

/**
 * The name goes first: it is what people call the model by.
 * @param paths where its files may lie: a folder with config.json, or one of a Hugging Face cache
 */
export function modelParameters(name: string, paths: string[]): number | undefined {
  return parametersInName(name) ?? paths.map(parametersInFolder).find(found => found !== undefined)
}

export function parametersInName(name: string): number | undefined {
  const [, experts = '1', number, unit] = IN_NAME.exec(name) ?? []
  return number === undefined
    ? undefined
    : Math.round(Number(experts) * Number(number) * SIZES[unit!.toLowerCase() as keyof typeof SIZES])
}

/** Bytes of its weights by those of one; undefined where there are none, or they are packed. */
function parametersInFolder(path: string): number | undefined {
  const [config] = globSync(['config.json', 'snapshots/*/config.json'], { cwd: path }).sort()
  if (config === undefined) return undefined
  const folder = join(path, config, '..')
  const { torch_dtype, dtype = torch_dtype, quantization_config: packed } = readConfig(join(path, config))
  const each = BYTES[String(dtype)]
  const files = globSync('*.safetensors', { cwd: folder })
  if (each === undefined || packed || files.length === 0) return undefined
  return Math.round(files.reduce((sum, file) => sum + statSync(join(folder, file)).size, 0) / each)
}

function readConfig(path: string): Record<string, unknown> {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
  } catch {
    return {}
  }
}
