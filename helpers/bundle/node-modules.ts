import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Problem } from '../core/problem.ts'

/** Node and the npm packages, as `npm ci` left them, without what no bench and no command imports. */

const project = resolve(import.meta.dirname, '../..')

/** Patterns of `tar --exclude`: the compiler and its types, caches of runs here, what only editors and people read. */
export const LEFT_OUT = [
  './typescript',
  './@typescript',
  './@types',
  './.bin/tsc',
  './.bin/tsserver',
  './.vite',
  './.vite-temp',
  './.vitest',
  './.vitest-cache',
  './.cache',
  './lightningcss*',
  '*.map',
  '*.d.ts',
  '*.d.mts',
  '*.d.cts',
  '*.md',
  '*.markdown',
  './node/share',
  './node/include',
]

/** @throws Problem where they are not installed */
export function nodeModules(root = project): string {
  const folder = join(root, 'node_modules')
  for (const needed of ['.package-lock.json', '.bin/node', 'vitest/vitest.mjs']) {
    if (!existsSync(join(folder, needed))) throw new Problem(`bundle: ${join(folder, needed)} is missing\nRun: npm ci`)
  }
  return folder
}
