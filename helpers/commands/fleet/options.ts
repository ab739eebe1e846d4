import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import { Problem } from '../../core/problem.ts'

/** Node's parser, with its errors as sentences. @throws Problem */
export function options<T extends ParseArgsOptionsConfig>(args: string[], known: T) {
  try {
    return parseArgs({ args, allowPositionals: true, options: known })
  } catch (error) {
    throw new Problem(`${(error as Error).message}\nnpm run fleet -- --help says what there is.`)
  }
}
