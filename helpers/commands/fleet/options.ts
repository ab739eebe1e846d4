import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import { withUsage } from '../../core/command-line.ts'

/** Node's parser, with its errors as sentences. @throws Problem */
export function options<T extends ParseArgsOptionsConfig>(args: string[], known: T) {
  return withUsage('npm run fleet -- --help says what there is.', () =>
    parseArgs({ args, allowPositionals: true, options: known }),
  )
}
