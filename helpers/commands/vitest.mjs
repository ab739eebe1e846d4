import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import { explained } from './vitest-words.mjs'

/**
 * Vitest's command line. An option that it does not know gives a sentence where it would print a stack: vitest parses
 * its options before it reads any file of the project, so that `npx vitest` alone cannot be given one.
 */
// in a read-only checkout vite cannot write its copy of vitest.config.ts: Node reads the file itself
if (!isWritable(join(import.meta.dirname, '../../node_modules'))) process.argv.push('--configLoader=native')

try {
  await import('../../node_modules/vitest/vitest.mjs')
} catch (error) {
  const sentence = await explained(error, process.argv.slice(2))
  if (!sentence) throw error
  console.error(sentence)
  process.exitCode = 2
}

function isWritable(path) {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}
