import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { lastLines } from '../command.ts'
import { attempt } from './attempt.ts'
import { readRecord, writeRecord } from './record.ts'

/**
 * Whether a CRIU works on this kernel, found out by dumping and restoring a small process: `criu check` passes where a
 * restore fails on the vDSO (3.17 on kernel 6.18), and where a dump fails on a socket option (4.1 there).
 */

const verdict = z.object({ works: z.boolean(), version: z.string(), why: z.string() })
export type Verdict = z.infer<typeof verdict>

/** Listens on a loopback port, as an engine does, and ends by itself after a minute. Perl: on every Debian and Ubuntu. */
const LISTENER = 'use Socket; socket(S, PF_INET, SOCK_STREAM, 0); bind(S, sockaddr_in(0, INADDR_LOOPBACK)); listen(S, 1); alarm 60; sleep 1 while 1'
const SECONDS = 20

/** What a trial's outcome holds for: these files on this kernel. */
export function trialKey(files: string[], kernel = release()): string {
  const hash = createHash('sha256').update(kernel)
  for (const file of files) hash.update('\0').update(readFileSync(file))
  return hash.digest('hex').slice(0, 32)
}

/** The trial's outcome, from the last time where `files` and the kernel are the same. @param files what makes this CRIU */
export async function tried(criu: string, files: string[], stateDir: string): Promise<Verdict> {
  const key = trialKey(files)
  const known = readRecord(stateDir, 'criu-trials', z.record(z.string(), verdict)) ?? {}
  if (known[key]) return known[key]
  let found = await trial(criu)
  // Once more: the process's id may have been given away between dump and restore.
  if (!found.works) found = await trial(criu)
  if (existsSync(stateDir)) writeRecord(stateDir, 'criu-trials', { ...known, [key]: found })
  return found
}

/** Dumps and restores a process, under a second. Leaves no process and no file. */
export async function trial(criu: string): Promise<Verdict> {
  const { stdout, exitCode, account } = await attempt(criu, ['--version'], { timeout: SECONDS })
  const version = /^Version:\s*(\S+)/m.exec(stdout)?.[1] ?? 'unknown'
  const fails = (why: string): Verdict => ({ works: false, version, why })
  if (exitCode !== 0) return fails(account)
  const check = await attempt(criu, ['check'], { timeout: SECONDS })
  if (check.exitCode !== 0) return fails(`criu check: ${errorOf(check.all)}`)

  const images = await mkdtemp(join(tmpdir(), 'criu-gpu-bench-trial-'))
  // A session of its own and no terminal: what CRIU dumps without further options.
  const child = spawn('perl', ['-e', LISTENER], { cwd: '/', detached: true, stdio: 'ignore', env: { PATH: '/usr/bin:/bin' } })
  const gone = once(child, 'exit')
  try {
    await Promise.race([once(child, 'spawn'), gone])
    if (!child.pid || !await listens(child.pid)) return fails('the trial process (perl) did not start')
    const dump = await attempt(criu, ['dump', '--tree', String(child.pid), '--images-dir', images, '--log-file', 'dump.log'], { timeout: SECONDS })
    if (dump.exitCode !== 0) return fails(`criu dump: ${await firstError(images, 'dump.log', dump.all)}`)
    await gone
    const restore = await attempt(criu, ['restore', '--restore-detached', '--images-dir', images, '--log-file', 'restore.log'], { timeout: SECONDS })
    if (restore.exitCode !== 0) return fails(`criu restore: ${await firstError(images, 'restore.log', restore.all)}`)
    return isListener(child.pid) ? { works: true, version, why: 'dumped and restored a process' } : fails('criu restore: the process is not there')
  } catch (error) {
    return fails((error as Error).message)
  } finally {
    if (child.pid && isListener(child.pid)) process.kill(child.pid, 'SIGKILL')
    await rm(images, { recursive: true, force: true })
  }
}

/** Waits until the process has its socket and sleeps, at most two seconds. */
async function listens(pid: number): Promise<boolean> {
  for (let tries = 0; tries < 200 && !hasSocket(pid); tries++) await sleep(10)
  return isListener(pid)
}

function hasSocket(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') S ') && readdirSync(`/proc/${pid}/fd`).some(fd => readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith('socket:'))
  } catch {
    return false
  }
}

/** The id may have gone to another process: only the trial's own is ever killed. */
function isListener(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(LISTENER)
  } catch {
    return false
  }
}

async function firstError(images: string, log: string, output: string): Promise<string> {
  return errorOf(await readFile(join(images, log), 'utf8').catch(() => output))
}

/** The first error in CRIU's log that is one: without CAP_SYS_RESOURCE it complains of its own rlimit and goes on. */
export function errorOf(log: string): string {
  const line = log.split('\n').find(line => line.includes('Error') && !line.includes('RLIMIT_NOFILE for self')) ?? (lastLines(log, 1) || 'it said nothing')
  return line.replace(/^\([\d.]+\)\s*/, '').trim()
}
