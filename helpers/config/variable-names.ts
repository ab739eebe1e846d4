import { didYouMean, nearMiss } from '../core/nearest.ts'

/** Slips in the names of variables. All pure. */

/** Read from the environment alone; docs/variables.md says what for. */
export const ENVIRONMENT_ONLY = ['DEBIAN_MIRROR', 'CUDA_LIBRARY', 'NO_COLOR', 'CHROMIUM', 'EXIT_CODES']

/**
 * What is wrong with the names in `.env`, a line each: only the suite reads that file, so that a name which it does not
 * know has no effect.
 * @param text of the file, for line numbers
 */
export function unknownNames(names: string[], text: string, known: readonly string[]): string[] {
  const lines = text.split('\n')
  return names
    .filter(name => !known.includes(name))
    .map(name => {
      const line = lines.findIndex(one => new RegExp(`^\\s*(export\\s+)?${RegExp.escape(name)}\\s*=`).test(one)) + 1
      const why = ENVIRONMENT_ONLY.includes(name)
        ? 'is read from the environment only'
        : `is no variable of the suite${didYouMean(name, known)}`
      return `.env${line > 0 ? `:${line}` : ''}: ${name} ${why}`
    })
}

/** Variables that have no effect without a GPU. TENSOR_PARALLEL is refused there. */
const GPU_ONLY = ['VLLM_IMAGE', 'VLLM_SITE', 'GPU_DEVICES', 'GPU_MEMORY_UTIL', 'NVIDIA_LIBS_PATH']

/**
 * A warning where variables ask for a GPU, ENGINE is not set and this host shows no GPU: otherwise a run of llama.cpp
 * would pass for one of vLLM, for example after the driver failed to load.
 */
export function ineffective(variables: Record<string, string | undefined>): string[] {
  const given = GPU_ONLY.filter(name => variables[name])
  if (given.length === 0 || variables.ENGINE) return []
  return [
    `no effect: ${given.join(', ')}, because the engine is llama-cpp where /dev/nvidiactl is missing. If this host ` +
      'has a GPU, ENGINE=vllm npm run doctor shows what is missing; if its driver is loaded, nvidia-smi as root ' +
      'creates the file',
  ]
}

/** Names in the environment that may be meant for the suite, a warning each; most of them are for others. */
export function nearMisses(names: string[], known: readonly string[]): string[] {
  const all = [...known, ...ENVIRONMENT_ONLY]
  return names
    .filter(name => !all.includes(name))
    .flatMap(name => {
      const meant = nearMiss(name, known)
      return meant === undefined ? [] : `${name} is set and not read; did you mean ${meant}?`
    })
}
