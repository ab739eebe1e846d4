import { didYouMean } from './core/nearest.ts'

/**
 * Vitest's command line. An option that it does not know gives a sentence where it would print a stack: vitest parses
 * its options before it reads any file of the project, so that `npx vitest` alone cannot be given one.
 */
try {
  await import('../../node_modules/vitest/vitest.mjs')
} catch (error) {
  if (error.name !== 'CACError') throw error
  const command = [process.argv[2]].filter(word => word && !word.startsWith('-'))
  const [, option] = /^Unknown option `([^`]+)`/.exec(error.message) ?? []
  const near = option ? didYouMean(option, await optionsOf(command[0])) : ''
  console.error(`criu-gpu-bench: vitest: ${error.message}${near}`)
  if (!near) console.error(`${['npx vitest', ...command].join(' ')} --help lists them.`)
  process.exitCode = 2
}

/** Every option of a command of vitest's, such as --testTimeout. */
async function optionsOf(name = '') {
  const { createCLI } = await import('../node_modules/vitest/dist/node.js')
  const { commands, globalCommand } = createCLI()
  const own = commands.find(command => command.name === name)?.options ?? []
  return [...globalCommand.options, ...own].map(option => `--${option.name}`)
}
