import { spawn, spawnSync } from 'node:child_process'
import { closeSync, lchownSync, lstatSync, openSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { EXIT, Problem } from '../core/problem.ts'
import { ENDING, exitCodeOf } from './signals.ts'

/**
 * Root: podman, CRIU, mounts and the page cache need it. A user with sudo that asks for no password
 * gets there by itself.
 */

const project = resolve(import.meta.dirname, '../..')
/** What root writes in the checkout and the user wants to own; relative to the checkout. */
const OWNED_BY_USER = ['results', 'node_modules/.vite', 'node_modules/.vite-temp', 'node_modules/.vitest']

/**
 * The variables that go along to root: all but those that belong to the user's login (root's podman would take the
 * user's XDG_RUNTIME_DIR for its own) or that sudo sets. Names only: values never stand in an argument list.
 */
export function variablesForRoot(environment: Record<string, string | undefined>): string[] {
  const ofTheLogin = /^(PATH|HOME|USER|LOGNAME|USERNAME|MAIL|SHELL|PWD|OLDPWD|_|SHLVL)$/
  const ofAProgram = /^(SUDO|LD|XDG|DBUS|SSH|BASH|npm)_/
  return Object.keys(environment)
    .filter(name => /^[A-Za-z_]\w*$/.test(name) && !ofTheLogin.test(name) && !ofAProgram.test(name))
    .sort()
}

/** The argument list of sudo for a command; PATH goes through env(1), because sudo's secure_path replaces it. */
export function sudoArguments(command: string[], environment: Record<string, string | undefined>): string[] {
  return [
    '-n',
    `--preserve-env=${variablesForRoot(environment).join(',')}`,
    '--',
    'env',
    `PATH=${environment.PATH ?? ''}`,
    ...command,
  ]
}

/**
 * Returns at once when this process is root. Otherwise runs the same command line again under `sudo -n`, passes signals
 * on, and ends this process with its exit code: what comes after the call only ever runs as root.
 * @throws Problem (exit code 2) without root and without sudo
 */
export async function becomeRoot(): Promise<void> {
  const refused = await tryRoot()
  if (refused) throw refused
}

/** The same for a command that can do something without: returns why this process is not root. */
export async function tryRoot(): Promise<Problem | undefined> {
  if (process.getuid?.() === 0) {
    giveBackAtExit()
    return undefined
  }
  const command = [process.execPath, ...process.execArgv, ...process.argv.slice(1)]
  const trial = spawnSync('sudo', sudoArguments(['true'], process.env), {
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  if (trial.status !== 0) {
    const why = trial.error ? 'sudo is not installed' : trial.stderr.trim().split('\n').at(-1)
    return new Problem(
      `root is needed (podman, CRIU and mounts), and uid ${process.getuid?.()} cannot become root without a password ` +
        `(${why})\nRun it as root, or run \`sudo -v\` first, or allow this user NOPASSWD in sudoers.`,
      { exitCode: EXIT.unusable },
    )
  }
  process.exit(await runAsRoot(command))
}

/** Exit code of a command run under sudo with this terminal; 128 + number when a signal ended it. */
function runAsRoot(command: string[]): Promise<number> {
  const child = spawn('sudo', sudoArguments(command, process.env), { stdio: 'inherit' })
  const hasTerminal = controllingTerminal()
  for (const signal of ENDING) {
    // Whoever listened before would end this process, and root's part would go on alone.
    process.removeAllListeners(signal)
    process.on(signal, () => {
      // A terminal sends its Ctrl-C to the whole process group, root's part too.
      if (signal === 'SIGINT' && hasTerminal) return
      // A user may not signal sudo, and sudo does not relay signals of its own process group: hence a root's kill, in
      // its own session.
      spawn('sudo', ['-n', 'kill', `-${signal.slice(3)}`, String(child.pid)], {
        detached: true,
        stdio: 'ignore',
      }).unref()
    })
  }
  return new Promise((done, failed) => {
    child.on('error', failed)
    child.on('close', (code, signal) => done(signal ? exitCodeOf(signal) : (code ?? EXIT.missed)))
  })
}

function controllingTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'))
    return true
  } catch {
    return false
  }
}

/** At the end of a process that sudo made root, what it wrote into the checkout becomes the user's. */
function giveBackAtExit(): void {
  const uid = Number(process.env.SUDO_UID ?? 0)
  const gid = Number(process.env.SUDO_GID ?? 0)
  if (!uid) return
  process.once('exit', () => {
    for (const path of OWNED_BY_USER) giveTo(join(project, path), uid, gid)
  })
}

/** Changes the owner of a tree; links are changed themselves, never followed. What is not there is left out. */
function giveTo(path: string, uid: number, gid: number): void {
  try {
    const stat = lstatSync(path)
    if (stat.uid !== uid || stat.gid !== gid) lchownSync(path, uid, gid)
    if (stat.isDirectory()) for (const entry of readdirSync(path)) giveTo(join(path, entry), uid, gid)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      console.error(`criu-gpu-bench: ${path} still belongs to root: ${(error as Error).message}`)
  }
}
