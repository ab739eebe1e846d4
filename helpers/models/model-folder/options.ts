import { resolve } from 'node:path'
import { parseWords, withUsage } from '../../core/command-line.ts'
import { checkCreatable } from '../../core/creatable.ts'
import { Problem } from '../../core/problem.ts'

/** The command line of `npm run model-folder`. */

export const USAGE = `Usage: npm run model-folder -- [FILE.gguf] --out DIR

Writes a GGUF model as a Hugging Face folder in bf16 that vLLM loads: real words on a GPU without a model hub.
Then: MODEL_ID=DIR. Without FILE it takes SmolLM2-135M-Instruct (272 MB in bf16), which set-up downloads or the bundle
brings. Known are models of the llama architecture in F32, F16, BF16, Q4_0, Q4_1 and Q8_0.`

export interface FolderOptions {
  /** undefined: the embedded default's model. */
  gguf: string | undefined
  out: string
}

/** @throws Problem naming what is wrong */
export function parseOptions(args: string[]): FolderOptions {
  const read = () => parseWords({ args, allowPositionals: true, options: { out: { type: 'string' } } })
  const { values, positionals } = withUsage(USAGE, read)
  const [gguf, ...more] = positionals
  if (more.length > 0) throw new Problem(`one GGUF file is taken, received ${positionals.join(' ')}\n${USAGE}`)
  if (!values.out) throw new Problem(`--out is missing: the model's folder\n${USAGE}`)
  checkCreatable('--out', values.out)
  return { gguf: gguf && resolve(gguf), out: resolve(values.out) }
}
