import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { readRecord, writeRecord } from '../core/record.ts'
import { attempt, type Outcome } from '../host/attempt.ts'
import { lastLines } from '../host/command.ts'
import { textOf } from '../host/lenient.ts'
import { isAlive } from '../host/processes.ts'

/**
 * Whether a CRIU works on this kernel, found out by dumping and restoring a small process: `criu check` passes where a
 * restore fails on the vDSO (3.17 on kernel 6.18), and where a dump fails on a socket option (4.1 there).
 */

const verdict = z.object({ works: z.boolean(), version: z.string(), why: z.string() })
export type Verdict = z.infer<typeof verdict>

/**
 * Listens on a loopback port, as an engine does, and ends by itself a second after the process that it is told. Perl:
 * on every Debian and Ubuntu.
 */
const LISTENER =
  'use Socket; socket(S, PF_INET, SOCK_STREAM, 0); bind(S, sockaddr_in(0, INADDR_LOOPBACK)); listen(S, ' +
  '1); sleep 1 while kill 0, $ARGV[0]'
/**
 * Folders of images in the system's temporary folder: this, the id of the process that made it, and a part by chance.
 */
const FOLDER = 'criu-gpu-bench-trial-'

/** As in a run: no default.conf of the host or of this user. */
export const NO_DEFAULTS = '--no-default-config'

/** Milliseconds that a dumped process gets to be gone. */
const PATIENCE = 2000

/** CRIU was given up, or could not be started: that says nothing about the next time. */
class NoAnswer extends Error {
  override name = 'NoAnswer'
}

/** What a trial's outcome holds for: these files on this kernel. */
export function trialKey(files: string[], kernel = release()): string {
  const hash = createHash('sha256').update(kernel)
  for (const file of files) hash.update('\0').update(readFileSync(file))
  return hash.digest('hex').slice(0, 32)
}

/**
 * The trial's outcome, from the last time where `files` and the kernel are the same.
 * @param files what makes this CRIU
 * @param timeout seconds until it is given up
 */
export async function tried(criu: string, files: string[], stateDir: string, timeout: number): Promise<Verdict> {
  const key = trialKey(files)
  const known = readRecord(stateDir, 'criu-trials', z.record(z.string(), verdict)) ?? {}
  if (known[key]) return known[key]
  let found: Verdict
  try {
    found = await trial(criu, timeout)
    // Once more: the process's id may have been given away between dump and restore.
    if (!found.works) found = await trial(criu, timeout)
  } catch (error) {
    if (error instanceof NoAnswer) return { works: false, version: 'unknown', why: error.message }
    throw error
  }
  if (existsSync(stateDir)) writeRecord(stateDir, 'criu-trials', { ...known, [key]: found })
  return found
}

/**
 * Dumps and restores a process, under a second. Leaves no process and no file, also where this process is ended
 * meanwhile.
 * @param timeout seconds for each call of CRIU
 * @throws NoAnswer where it does not end by itself
 */
export async function trial(criu: string, timeout: number): Promise<Verdict> {
  const ask = async (...args: string[]): Promise<Outcome> => {
    const outcome = await attempt(criu, [...args, NO_DEFAULTS], { timeout, env: { CRIU_CONFIG_FILE: undefined } })
    if (outcome.exitCode === undefined) throw new NoAnswer(outcome.account)
    return outcome
  }
  const { stdout, exitCode, account } = await ask('--version')
  const version = /^Version:\s*(\S+)/m.exec(stdout)?.[1] ?? 'unknown'
  const fails = (why: string): Verdict => ({ works: false, version, why })
  if (exitCode !== 0) return fails(account)
  const check = await ask('check')
  if (check.exitCode !== 0) return fails(`criu check: ${errorOf(check.all)}`)

  removeTrials()
  const images = mkdtempSync(join(tmpdir(), `${FOLDER}${process.pid}-`))
  // A session of its own and no terminal: what CRIU dumps without further options.
  const child = spawn('perl', ['-e', LISTENER, String(process.pid)], {
    cwd: '/',
    detached: true,
    stdio: 'ignore',
    env: { PATH: '/usr/bin:/bin' },
  })
  const gone = once(child, 'exit')
  const clear = () => {
    if (child.pid && isListener(child.pid)) process.kill(child.pid, 'SIGKILL')
    rmSync(images, { recursive: true, force: true })
  }
  process.once('exit', clear)
  try {
    await Promise.race([once(child, 'spawn'), gone])
    if (!child.pid || !(await listens(child.pid))) return fails('the trial process (perl) did not start')
    const dump = await ask('dump', '--tree', String(child.pid), '--images-dir', images, '--log-file', 'dump.log')
    if (dump.exitCode !== 0) return fails(`criu dump: ${await firstError(images, 'dump.log', dump.all)}`)
    // a dump ends what it dumped
    if (await Promise.race([gone.then(() => false), sleep(PATIENCE, true, { ref: false })]))
      return fails('criu dump: it reports that it dumped a process, which is still there: is this CRIU?')
    const restore = await ask('restore', '--restore-detached', '--images-dir', images, '--log-file', 'restore.log')
    if (restore.exitCode !== 0) return fails(`criu restore: ${await firstError(images, 'restore.log', restore.all)}`)
    return isListener(child.pid)
      ? { works: true, version, why: 'dumped and restored a process' }
      : fails('criu restore: the process is not there')
  } catch (error) {
    if (error instanceof NoAnswer) throw error
    return fails((error as Error).message)
  } finally {
    process.off('exit', clear)
    clear()
  }
}

/** Removes the images of trials whose process was killed. */
function removeTrials(): void {
  for (const entry of readdirSync(tmpdir())) {
    const pid = new RegExp(`^${FOLDER}(\\d+)-`).exec(entry)?.[1]
    const path = join(tmpdir(), entry)
    // others may make folders of that name there
    if (pid && !isAlive(Number(pid)) && lstatSync(path).uid === process.getuid?.())
      rmSync(path, { recursive: true, force: true })
  }
}

/** Waits until the process has its socket and sleeps, at most two seconds. */
async function listens(pid: number): Promise<boolean> {
  for (let tries = 0; tries < 200 && !hasSocket(pid); tries++) await sleep(10)
  return isListener(pid)
}

function hasSocket(pid: number): boolean {
  try {
    return (
      readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') S ') &&
      readdirSync(`/proc/${pid}/fd`).some(fd => readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith('socket:'))
    )
  } catch {
    return false
  }
}

/** The id may have gone to another process: only the trial's own is ever killed. */
const isListener = (pid: number) => textOf(`/proc/${pid}/cmdline`).includes(LISTENER)

async function firstError(images: string, log: string, output: string): Promise<string> {
  return errorOf(await readFile(join(images, log), 'utf8').catch(() => output))
}

/** The first error in CRIU's log that is one: without CAP_SYS_RESOURCE it complains of its own rlimit and goes on. */
export function errorOf(log: string): string {
  const line =
    log.split('\n').find(line => line.includes('Error') && !line.includes('RLIMIT_NOFILE for self')) ??
    (lastLines(log, 1) || 'it printed nothing')
  return line.replace(/^\([\d.]+\)\s*/, '').trim()
}
