import { didYouMean, nearMiss } from '../core/nearest.ts'

/**
 * What is wrong with the words that vitest is given, as sentences.
 *
 *   node helpers/commands/vitest-words.mjs bench|run [vitest's arguments]
 *
 * ends with 2 where something is: asked before set-up, which may take long.
 */

/** @param error that vitest's parser throws @returns undefined for any other */
export async function explained(error, words) {
  if (error.name !== 'CACError') return undefined
  const command = words.slice(0, 1).filter(word => !word.startsWith('-'))
  const [, option] = /^Unknown option `([^`]+)`/.exec(error.message) ?? []
  const near = option ? await nearestTo(option, words, command[0]) : ''
  const help = near ? '' : `\n${['npx vitest', ...command].join(' ')} --help lists them.`
  return `criu-gpu-bench: vitest: ${error.message}${near}${help}`
}

/** A variable of the suite's, an option of vitest's, or a variable with a slip in it; '' where there is none. */
async function nearestTo(option, words, command) {
  const { VARIABLES } = await import('../config/configuration.ts')
  const name = variable(option)
  if (VARIABLES.includes(name)) return `; set ${name}=${givenTo(name, words)}`
  const options = await optionsOf(command)
  const slip = nearMiss(option, options) ? undefined : nearMiss(name, VARIABLES)
  return slip ? `; did you mean ${slip}? Set ${slip}=${givenTo(name, words)}` : didYouMean(option, options)
}

/** The variable that `--iterations` would be: the suite's settings are variables. */
const variable = word =>
  word
    .slice(2)
    .replace(/(?<=[a-z])(?=[A-Z])|-/g, '_')
    .toUpperCase()

/** What the option was given, for `ITERATIONS=3`. */
function givenTo(name, words) {
  const at = words.findIndex(word => word.startsWith('--') && variable(word.split('=')[0]) === name)
  const [, value = words[at + 1]] = words[at]?.split('=') ?? []
  return value === undefined || value.startsWith('-') ? '...' : value
}

const commandLine = async () => (await import('../../node_modules/vitest/dist/node.js')).createCLI()

/** Every option of a command of vitest's, such as --testTimeout. */
async function optionsOf(name = '') {
  const { commands, globalCommand } = await commandLine()
  const own = commands.find(command => command.name === name)?.options ?? []
  return [...globalCommand.options, ...own].map(option => `--${option.name}`)
}

/** @throws what vitest throws, or a Problem where a word names no bench file or `-t` is no pattern */
async function check(words) {
  const cli = await commandLine()
  const { args, options } = cli.parse(['node', 'vitest', ...words], { run: false })
  cli.matchedCommand?.checkUnknownOptions()
  cli.matchedCommand?.checkOptionValue()
  if (words[0] !== 'bench') return
  const { namedBenches } = await import('../../fixtures/run/bench-files.ts')
  const { testNamePattern } = await import('../../fixtures/run/plan.ts')
  namedBenches(args)
  testNamePattern(options.testNamePattern === undefined ? undefined : String(options.testNamePattern))
}

if (import.meta.main) {
  const words = process.argv.slice(2)
  try {
    await check(words)
  } catch (error) {
    const sentence = await explained(error, words)
    const { reportProblem } = await import('../core/problem.ts')
    if (sentence) console.error(sentence)
    process.exitCode = sentence ? 2 : reportProblem(error)
  }
}
