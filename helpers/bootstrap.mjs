/**
 * The first thing every npm script runs: plain JavaScript for Node >= 20 that needs no node_modules.
 * It installs the npm packages where they are missing, then runs each step with the Node of node_modules.
 *
 *   node helpers/bootstrap.mjs setup bench [vitest's arguments]    npm start
 *   node helpers/bootstrap.mjs setup test  [vitest's arguments]    npm test
 *   node helpers/bootstrap.mjs COMMAND [arguments]                 helpers/commands/COMMAND.ts
 *
 * It ends with the exit code of the first step that fails (128 + number for a signal); 2 where the host is unusable.
 */
import { spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const UNUSABLE = 2
export const OLDEST_NODE = 20
const VITEST = { bench: 'bench', test: 'run' }
/** The signal that asked this process to end, once one did. */
let asked
const project = resolve(dirname(fileURLToPath(import.meta.url)), '..')

const asksForHelp = word => word === '--help' || word === '-h'

function commandNames(root = project) {
  const own = readdirSync(join(root, 'helpers', 'commands')).filter(entry => /^[a-z-]+\.ts$/.test(entry))
  return [...Object.keys(VITEST), ...own.map(entry => entry.slice(0, -3))].sort()
}

/** What to run, in order: [{name, argv}], argv for Node; an unknown command is an Error that lists the known ones. */
export function stepsOf(words, root = project) {
  const both = words[0] === 'setup' && words[1] in VITEST ? words.slice(0, 2) : words.slice(0, 1)
  const rest = words.slice(both.length)
  // who asks for help wants nothing to be set up
  const names = rest.some(asksForHelp) ? both.slice(-1) : both
  const commands = join(root, 'helpers', 'commands')
  const vitest = VITEST[names[1]]
  // set-up may take long, and a slip in what comes after it would be known only then
  const check =
    vitest && rest.length ? [{ name: 'words', argv: [join(commands, 'vitest-words.mjs'), vitest, ...rest] }] : []
  const steps = (names.length ? names : ['']).map((name, i, all) => {
    const own = i === all.length - 1 ? rest : []
    if (name in VITEST) return { name, argv: [join(commands, 'vitest.mjs'), VITEST[name], ...own] }
    const file = join(commands, `${name}.ts`)
    if (/^[a-z][a-z-]*$/.test(name) && existsSync(file)) return { name, argv: [file, ...own] }
    throw new Error(`there is no command "${name}"; there are ${commandNames(root).join(', ')}`)
  })
  return [...check, ...steps]
}

/** Why the npm packages must be installed, or undefined where node_modules holds what package-lock.json names. */
export function packagesMissing(root = project) {
  const read = file => JSON.parse(readFileSync(join(root, file), 'utf8')).packages
  let installed
  try {
    installed = read('node_modules/.package-lock.json')
  } catch {
    return 'node_modules is missing or incomplete'
  }
  for (const [path, wanted] of Object.entries(read('package-lock.json'))) {
    if (path === '' || wanted.optional) continue
    if (installed[path]?.version !== wanted.version)
      return `${path} is ${installed[path]?.version ?? 'missing'}, package-lock.json wants ${wanted.version}`
  }
  if (!existsSync(join(root, 'node_modules/.bin/node'))) return 'node_modules/.bin/node is missing'
}

function fail(message) {
  console.error(`criu-gpu-bench: ${message}`)
  return UNUSABLE
}

/** Runs a child with this terminal and passes signals on; resolves to its exit code once it has ended. */
export function run(file, argv, env = process.env) {
  return new Promise(done => {
    const child = spawn(file, argv, { stdio: 'inherit', cwd: project, env })
    const hasTerminal = controllingTerminal()
    // A terminal sends its Ctrl-C to the child as well: passed on, it would count as a second one.
    const forward = signal => {
      asked = signal
      if (!(signal === 'SIGINT' && hasTerminal)) child.kill(signal)
    }
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
    for (const signal of signals) process.on(signal, forward)
    const end = code => {
      for (const signal of signals) process.off(signal, forward)
      done(code)
    }
    child.on('error', error => end(fail(`${file} cannot be started: ${error.message}`)))
    child.on('close', (code, signal) => end(signal ? 128 + constants.signals[signal] : code))
  })
}

function controllingTerminal() {
  try {
    closeSync(openSync('/dev/tty', 'r'))
    return true
  } catch {
    return false
  }
}

/** Installs the npm packages; a second install in the same folder waits for the first. */
async function install(why) {
  const lock = join(project, '.npm-ci.lock')
  while (!take(lock)) await new Promise(again => setTimeout(again, 500))
  const release = () => rmSync(lock, { force: true })
  process.once('exit', release)
  try {
    if (!packagesMissing()) return 0
    console.error(`criu-gpu-bench: ${why}: installing the npm packages (npm ci)`)
    const code = await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'])
    // npm turns a signal into an exit code of its own.
    if (asked) return 128 + constants.signals[asked]
    if (code !== 0)
      return fail(
        `npm ci ended with exit code ${code} in ${project}.\n` +
          'Is the npm registry reachable (npm ping)? Then run this command again.',
      )
    const still = packagesMissing()
    return still
      ? fail(
          `npm ci ran, but ${still}.\nnpm must be allowed to run install scripts (npm config get ignore-scripts) ` +
            'and to install dev dependencies (npm config get omit).',
        )
      : 0
  } finally {
    release()
  }
}

function take(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
  }
  try {
    process.kill(Number(readFileSync(lock, 'utf8')), 0)
  } catch (error) {
    // Its owner is gone (ESRCH), or it has been released meanwhile (ENOENT).
    if (error.code === 'ESRCH') rmSync(lock, { force: true })
  }
  return false
}

async function main(words) {
  if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE)
    return fail(`Node ${OLDEST_NODE} or newer is needed, this is ${process.version}: https://nodejs.org/en/download`)
  if (words.length === 1 && asksForHelp(words[0])) {
    console.log(`Usage: npm run COMMAND -- [ARGUMENTS]\n\nCommands: ${commandNames().join(', ')}`)
    return 0
  }
  let steps
  try {
    steps = stepsOf(words)
  } catch (error) {
    return fail(error.message)
  }
  const why = packagesMissing()
  const installed = why ? await install(why) : 0
  if (installed !== 0) return installed
  const bin = join(project, 'node_modules', '.bin')
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` }
  for (const { argv } of steps) {
    const code = await run(join(bin, 'node'), argv, env)
    if (code !== 0) return code
  }
  return 0
}

if (process.argv[1] && import.meta.url === pathToFileURL(resolve(process.argv[1])).href)
  process.exitCode = await main(process.argv.slice(2))
