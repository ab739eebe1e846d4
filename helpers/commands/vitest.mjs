import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import { didYouMean } from '../core/nearest.ts'

/**
 * Vitest's command line. An option that it does not know gives a sentence where it would print a stack: vitest parses
 * its options before it reads any file of the project, so that `npx vitest` alone cannot be given one.
 */
// in a read-only checkout vite cannot write its copy of vitest.config.ts: Node reads the file itself
if (!isWritable(join(import.meta.dirname, '../../node_modules'))) process.argv.push('--configLoader=native')

try {
  await import('../../node_modules/vitest/vitest.mjs')
} catch (error) {
  if (error.name !== 'CACError') throw error
  const command = [process.argv[2]].filter(word => word && !word.startsWith('-'))
  const [, option] = /^Unknown option `([^`]+)`/.exec(error.message) ?? []
  const near = option ? (await settingOf(option)) || didYouMean(option, await optionsOf(command[0])) : ''
  console.error(`criu-gpu-bench: vitest: ${error.message}${near}`)
  if (!near) console.error(`${['npx vitest', ...command].join(' ')} --help lists them.`)
  process.exitCode = 2
}

/** `; set ITERATIONS=3` for `--iterations 3`: the suite's settings are variables. */
async function settingOf(option) {
  const { VARIABLES } = await import('../config/configuration.ts')
  const variable = word =>
    word
      .slice(2)
      .replace(/(?<=[a-z])(?=[A-Z])|-/g, '_')
      .toUpperCase()
  const name = variable(option)
  if (!VARIABLES.includes(name)) return ''
  const words = process.argv.slice(2)
  const at = words.findIndex(word => word.startsWith('--') && variable(word.split('=')[0]) === name)
  const [, value = words[at + 1]] = words[at]?.split('=') ?? []
  return `; set ${name}=${value === undefined || value.startsWith('-') ? '...' : value}`
}

/** Every option of a command of vitest's, such as --testTimeout. */
async function optionsOf(name = '') {
  const { createCLI } = await import('../../node_modules/vitest/dist/node.js')
  const { commands, globalCommand } = createCLI()
  const own = commands.find(command => command.name === name)?.options ?? []
  return [...globalCommand.options, ...own].map(option => `--${option.name}`)
}

function isWritable(path) {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}
