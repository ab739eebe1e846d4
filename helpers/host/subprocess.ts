import { setTimeout as sleep } from 'node:timers/promises'
import { execa, type Options } from 'execa'
import { markedWithOutput, newMark } from './marked.ts'
import {
  type Birth,
  births,
  commandName,
  holdersOf,
  kill,
  openFiles,
  processTree,
  signalSame,
  stillRuns,
} from './processes.ts'

/** How a program ended, and what it said until then. */
export interface Ended {
  failed: boolean
  exitCode?: number
  signal?: string
  /** Such as ENOENT, where it could not be started. */
  code?: string
  /** Node's words for that. */
  originalMessage?: string
  stdout: string
  stderr: string
  /** Both, as they came; with `all` alone. */
  all: string
  timedOut: boolean
  isCanceled: boolean
  /** Given up although it had ended: a process that it started kept its output open. */
  keeper?: string
}

export interface SubprocessOptions {
  /** Seconds until it is given up, with all that it started. */
  timeout: number
  /** Gives it up at once. */
  signal?: AbortSignal
  /** Seconds between being asked to end and being killed. */
  grace?: number
}

/** Seconds that the kernel gets to take away what was killed. */
const KILLED = 1

/** What timers can count to, in milliseconds; they fire at once beyond it. */
const LONGEST = 2 ** 31 - 1

/**
 * A program with a limit that holds, whatever it started: a child that ignores SIGTERM, one that has left the session,
 * one that lives on with the output. execa's own limit reaches the program alone, and then waits for whoever has its
 * output open. One that ended in time leaves its children alone: a container's conmon is one.
 */
export function subprocess(
  file: string,
  args: string[],
  { timeout, signal, grace = 2 }: SubprocessOptions,
  options: Options = {},
) {
  const mark = newMark()
  const env = { ...options.env, ...mark }
  const child = execa(file, args, { ...options, env, reject: false, stripFinalNewline: true })
  const program = births(child.pid ? [child.pid] : [])
  const outputs = child.pid ? openFiles(child.pid, [1, 2]) : []
  // one that has ended by now tells no more what its output was
  const unknown = outputs.length === 0 && !program.some(stillRuns)
  let settled = false
  let cause: 'timedOut' | 'isCanceled' | undefined
  let keeper: string | undefined
  let over = Promise.resolve()
  const running = () => program.filter(stillRuns).map(({ pid }) => pid)
  /**
   * The program where it still runs, and who has its output open, each with all that descends from it; parents first.
   */
  const members = (): Birth[] => {
    if (settled) return []
    const holders = unknown ? markedWithOutput(mark) : holdersOf(outputs)
    return births([...running(), ...holders].flatMap(processTree))
  }

  async function giveUp(): Promise<void> {
    const asked = members()
    const [first] = asked
    if (first && running().length === 0) keeper = `process ${first.pid} (${commandName(first.pid)}), which it started,`
    for (const one of asked) signalSame(one, 'SIGTERM')
    await gone(asked, grace)
    const deaf = [...births(asked.filter(stillRuns).flatMap(({ pid }) => processTree(pid))), ...members()]
    for (const one of deaf) signalSame(one, 'SIGKILL')
    await gone(deaf, KILLED)
    // what it said until now counts; what nothing can kill must not be waited for
    for (const stream of [child.stdin, child.stdout, child.stderr, child.all]) stream?.destroy()
  }

  const ended = new Promise<Ended>(resolve => {
    const settle = (result: Partial<Record<keyof Ended, unknown>>) => {
      if (settled) return
      settled = true
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      const { exitCode, signal: by, code, originalMessage } = result as Partial<Ended>
      resolve({
        failed: Boolean(result.failed) || cause !== undefined,
        ...(exitCode !== undefined && { exitCode }),
        ...(by && { signal: by }),
        ...(code && { code }),
        ...(originalMessage && { originalMessage }),
        stdout: text(result.stdout),
        stderr: text(result.stderr),
        all: text(result.all),
        timedOut: cause === 'timedOut',
        isCanceled: cause === 'isCanceled',
        ...(keeper && { keeper }),
      })
    }
    const end = (why: typeof cause) => {
      if (cause || settled) return
      cause = why
      over = giveUp()
      void over.then(() => sleep(KILLED * 1000)).then(() => settle({}))
    }
    const onAbort = () => end('isCanceled')
    const timer = setTimeout(() => end('timedOut'), Math.min(timeout * 1000, LONGEST))
    if (signal?.aborted) onAbort()
    else signal?.addEventListener('abort', onAbort, { once: true })
    void child.then(result => over.then(() => settle(result)))
  })
  return {
    pid: child.pid,
    ended,
    /** At once, with all that it started. */
    kill() {
      for (const { pid } of members()) kill(pid)
    },
  }
}

/** Ends when none of them runs any more, or after that many seconds. */
async function gone(all: Birth[], seconds: number): Promise<void> {
  for (let waited = 0; waited < seconds && all.some(stillRuns); waited += 0.02) await sleep(20)
}

const text = (value: unknown) => (typeof value === 'string' ? value : '')
