import { existsSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type ArchiveRecord, logsOf, readArchiveRecord } from '../../fixtures/by-hand/archive-record.ts'
import { parseRestoreOptions, RESTORE_USAGE } from '../../fixtures/by-hand/options.ts'
import { otherSetting } from '../../fixtures/by-hand/settings.ts'
import { answerLines, STOP, tfftLines } from '../../fixtures/by-hand/text.ts'
import type { Running } from '../../fixtures/engines/engine.ts'
import { lockFiles, ownFolders, reapLeftovers } from '../../fixtures/run/claim.ts'
import type { Context } from '../../fixtures/run/context.ts'
import { checkHost, equipment } from '../../fixtures/run/equipment.ts'
import { keepLogsSoFar } from '../../fixtures/run/logs.ts'
import { openContext } from '../../fixtures/run/open-context.ts'
import { measure } from '../../fixtures/run/trial.ts'
import type { Question } from '../../fixtures/server/questions.ts'
import { words } from '../../fixtures/server/words.ts'
import { prepareImport } from '../../fixtures/strategies/podman-import.ts'
import type { Settings, Trial } from '../../reports/run/schema.ts'
import { type Configuration, configuration } from '../config/configuration.ts'
import { now } from '../core/clock.ts'
import { runCommand } from '../core/command-line.ts'
import { Problem } from '../core/problem.ts'
import { checkpointFolder } from '../criu/criu.ts'
import { becomeRoot } from '../host/root.ts'
import { lockRun } from '../host/run-lock.ts'
import { endOnSignal } from '../host/signals.ts'
import { Podman } from '../podman/podman.ts'
import { reap } from '../podman/reaper.ts'
import { runRoot, storeOf } from '../podman/storage.ts'
import { type Endpoint, firstAnswer } from '../prober/openai.ts'
import { warmProber } from '../prober/warm-up.ts'

/**
 * `npm run restore`: brings back the server of an archive that `npm run checkpoint` wrote, says how long that took,
 * asks it and lets it stay. One that podman alone has restored is only asked.
 */
async function main(argv: string[]): Promise<void> {
  const asked = parseRestoreOptions(argv)
  await becomeRoot()
  process.umask(0o077)
  const given = { ...configuration(), keepCheckpoints: true }
  endOnSignal()
  if (asked.stop) return stop(given)
  const archive = asked.archive ?? given.checkpointPath
  const record = recordOf(archive, asked.settings, given)
  const c = { ...given, apiPort: record.port }
  await checkHost(c)
  const tools = await equipment(c)
  const keep = leaveNothing(c, logsOf(archive))
  const there = await restoredBefore(c, tools.imageStore, record)
  if (!there) reapLeftovers(c)
  // never closed: that would take the server away
  const { context } = openContext(c, tools, {
    folder: dirname(archive),
    runId: 'restore',
    signal: new AbortController().signal,
    progress() {},
  })
  context.engine.takeOver?.(record.name, record.handedOver)
  try {
    const text = await (there ? resumed(context, there, record) : restored(context, archive, record))
    const said = await heard({ ...context.engine.endpoint, model: record.model }, context)
    writeFileSync(resumedMark(await context.podman('disk')), '')
    keep()
    console.log(`${text}\n\n${answerLines(said.prompt, said.text)}`)
    console.log(
      `\nIt listens on 127.0.0.1:${record.port} until it is stopped, or until the next run, which removes it:\n` +
        `  ${STOP}`,
    )
  } finally {
    await context.engine.close?.()
  }
}

function stop(c: Configuration): void {
  const release = lockRun(lockFiles(c))
  reapLeftovers(c)
  release()
  console.log('The restored server is gone; the archive is still there.')
}

/** @throws Problem where it was taken with other settings than those given, or with another engine */
function recordOf(archive: string, settings: Settings, { engine }: Configuration): ArchiveRecord {
  const record = readArchiveRecord(archive)
  const other = otherSetting(settings, record.settings)
  if (other) throw new Problem(other)
  if (record.engine !== engine)
    throw new Problem(`${archive} was taken with ENGINE=${record.engine}, and ENGINE is ${engine}: set it to that.`)
  return record
}

/**
 * Locks the host; when the process ends, the server goes and its logs stay.
 * @returns what lets the server stay
 */
function leaveNothing(c: Configuration, logs: string): () => void {
  const release = lockRun(lockFiles(c))
  let stays = false
  process.once('exit', () => {
    if (!stays) {
      keepLogsSoFar(c, logs)
      reap(runRoot(c.stateDir), ownFolders(c))
    }
    release()
  })
  return () => {
    stays = true
  }
}

/** Tokens of the answer that is printed, and seconds for it. */
const MOST_TOKENS = 48
const PATIENCE = 20

/** What it says to the engine's question; to the measured prompt where it has no words for that. */
async function heard(endpoint: Endpoint, { engine: { question }, configuration }: Context) {
  const timeout = configuration.healthCheckTimeout
  const first = await firstAnswer(endpoint, { timeout })
  const said = question && (await words(endpoint, wordy(question), { timeout: PATIENCE }))
  return said ? { prompt: said.question.prompt, text: said.answer.text } : { prompt: endpoint.prompt, text: first.text }
}

/** A small model may end a text at once where it may: words are what is asked for. */
const wordy = ({ otherwise, ...question }: Question): Question => ({
  ...question,
  mayEnd: question.chat === true,
  maxTokens: Math.min(question.maxTokens, MOST_TOKENS),
  ...(otherwise && { otherwise: wordy(otherwise) }),
})

/** The server where it is there already. */
async function restoredBefore(
  c: Configuration,
  imageStore: string,
  { id, name }: ArchiveRecord,
): Promise<Running | undefined> {
  const store = storeOf('disk', { ...c, imageStore })
  if (!existsSync(store.root)) return undefined
  const podman = new Podman({ store, runtime: c.ociRuntime, timeout: c.toolTimeout })
  const pid = await podman.inspect<number>(id, '.State.Pid').catch(() => 0)
  return pid > 0 ? { podman, name, pid } : undefined
}

/** There once a server's engine is back as well; it goes with the store. */
const resumedMark = ({ store }: Podman) => join(store.runroot, 'engine-resumed')

/** What podman leaves to do once it has restored the processes. */
async function resumed({ engine }: Context, running: Running, { settings }: ArchiveRecord): Promise<string> {
  if (existsSync(resumedMark(running.podman))) return 'The server is there already.'
  const began = now()
  await engine.afterRestore?.(running, settings, () => {}, began)
  await engine.afterFirstToken?.(running, settings, () => {}, began)
  return 'The server was restored by podman.'
}

async function restored(context: Context, archive: string, record: ArchiveRecord): Promise<string> {
  const { name, id, settings, checkpoint, processes, kept, model } = record
  const { configuration, engine, signal } = context
  checkKept(context, archive, record)
  const podman = await context.podman('disk')
  const { images, work } = checkpointFolder(podman.store.root, id)
  const dumped = {
    ...{ podman, name, id, images, work, checkpoint, kept },
    processes: processes.map(({ execution, ...process }) => ({ ...process, execution })),
    async dispose() {},
  }
  await warmProber()
  const strategy = prepareImport(context, settings, dumped, archive, { async takeAway() {} })
  const identity = { scenario: 'by hand', strategy: 'podman-import', settings, group: 'by hand' } as const
  const trial: Trial = await measure(
    strategy,
    { ...identity, type: 'podman-import', model, trial: 1, sequence: 0 },
    {
      endpoint: { ...engine.endpoint, model },
      timeout: configuration.healthCheckTimeout,
      logs: join(logsOf(archive), name),
      signal,
    },
  )
  if (trial.outcome === 'failed') throw new Problem(trial.error ?? 'the restore failed')
  return tfftLines(trial)
}

/** What an engine keeps outside the archive goes with a run. */
function checkKept({ engine, configuration }: Context, archive: string, { settings, kept }: ArchiveRecord): void {
  if ((engine.keptBytes?.(settings) ?? 0) >= kept) return
  throw new Problem(
    `${archive} holds no weights, and those in ${configuration.checkpointDir}/weights are gone: a run removes ` +
      'them\nTake a new checkpoint: npm run checkpoint',
  )
}

if (import.meta.main) await runCommand(RESTORE_USAGE, main)
