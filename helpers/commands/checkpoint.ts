import { mkdirSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { isOwnArchive, logsOf, recordOf, refuseForeign } from '../../fixtures/by-hand/archive-record.ts'
import { archiveShortage } from '../../fixtures/by-hand/archive-room.ts'
import {
  CHECKPOINT_USAGE,
  type CheckpointOptions,
  parseCheckpointOptions,
  settingsOfScenario,
} from '../../fixtures/by-hand/options.ts'
import { archiveNeed, archiveSettings } from '../../fixtures/by-hand/settings.ts'
import { howToRestore } from '../../fixtures/by-hand/text.ts'
import { renderTimeline } from '../../fixtures/by-hand/timeline.ts'
import { beginArchive, finishArchive, ownLogs, removeUnfinished } from '../../fixtures/by-hand/unfinished.ts'
import { type Archive, restoreFlags, takeCheckpoint } from '../../fixtures/checkpoints/checkpoint.ts'
import { readGroups } from '../../fixtures/run/bench-files.ts'
import { lockFiles, ownFolders, reapLeftovers } from '../../fixtures/run/claim.ts'
import type { Context } from '../../fixtures/run/context.ts'
import { checkHost, equipment } from '../../fixtures/run/equipment.ts'
import { keepLogsSoFar } from '../../fixtures/run/logs.ts'
import { containerName } from '../../fixtures/run/names.ts'
import { openContext } from '../../fixtures/run/open-context.ts'
import type { Settings } from '../../reports/run/schema.ts'
import { type Configuration, configuration } from '../config/configuration.ts'
import { now } from '../core/clock.ts'
import { runCommand } from '../core/command-line.ts'
import { Problem } from '../core/problem.ts'
import { quote } from '../host/command.ts'
import { becomeRoot } from '../host/root.ts'
import { lockRun } from '../host/run-lock.ts'
import { endOnSignal } from '../host/signals.ts'
import type { Podman } from '../podman/podman.ts'
import { endProcesses, reap } from '../podman/reaper.ts'
import { runRoot } from '../podman/storage.ts'

/**
 * `npm run checkpoint`: starts the engine, warms it up, exports its checkpoint to CKPT_PATH and prints the timeline, as
 * the original create-checkpoint.py did. The archive stays, for `npm run restore`; the container goes.
 */
async function main(argv: string[]): Promise<void> {
  const given = await settingsAsked(parseCheckpointOptions(argv))
  await becomeRoot()
  process.umask(0o077)
  const c = { ...configuration(), keepCheckpoints: true }
  refuseForeign(c.checkpointPath)
  await checkHost(c)
  const tools = await equipment(c)
  endOnSignal()
  leaveNothing(c)
  const began = now()
  const path = c.checkpointPath
  const { context, close } = openContext(c, tools, {
    folder: dirname(path),
    runId: 'checkpoint',
    signal: new AbortController().signal,
    progress: step => console.log(`${(now() - began).toFixed(2).padStart(8)} s  ${step}`),
  })
  try {
    const { podman, server, checkpoint, settings } = await writeArchive({ ...context, logs: logsOf(path) }, given, path)
    console.log(`\n${renderTimeline({ ...server, checkpoint, total: now() - began })}`)
    console.log(`\n${path} (${settings.compress})\n`)
    console.log(nextSteps(context, podman, path))
  } finally {
    await close()
  }
}

/** Those of the scenario that is named, under those that are given by hand. */
async function settingsAsked({ scenario, settings, compress }: CheckpointOptions): Promise<Settings> {
  const scenarios = scenario === undefined ? [] : (await readGroups()).flatMap(group => group.scenarios)
  return {
    ...(scenario !== undefined && settingsOfScenario(scenario, scenarios)),
    ...settings,
    ...(compress && { compress }),
  }
}

/** Locks the host; when the process ends, the server and its container go, and its logs stay. */
function leaveNothing(c: Configuration): void {
  const release = lockRun(lockFiles(c))
  process.once('exit', () => {
    keepLogsSoFar(c, logsOf(c.checkpointPath))
    endProcesses(runRoot(c.stateDir))
    reap(runRoot(c.stateDir), ownFolders(c))
    removeUnfinished(c.checkpointPath)
    release()
  })
}

/** The archive at `path`, with the record that `npm run restore` reads. */
async function writeArchive(context: Context, given: Settings, path: string) {
  const { configuration, engine } = context
  const settings = archiveSettings(context, given)
  // a server that was restored by hand would hold the port
  reapLeftovers(configuration)
  removeUnfinished(path)
  checkRoom(context, given, path)
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const podman = await context.podman('disk')
  const name = containerName(context, 'podman-import', {})
  const logs = ownLogs(path, name)
  if (logs !== undefined) rmSync(logs, { recursive: true, force: true })
  const unfinished = beginArchive(path)
  const { part, criuConfig } = unfinished
  const archive = { path: part, compress: settings.compress as Archive['compress'], criuConfig }
  const { id, checkpoint, processes, kept, server, dispose } = await takeCheckpoint(context, podman, name, settings, {
    archive,
  })
  const { port, model } = engine.endpoint
  finishArchive(path, unfinished, {
    ...{ engine: configuration.engine, port, model, name, id, settings, checkpoint, kept },
    processes: processes.map(({ inner, name, execution }) => ({ inner, name, execution })),
    handedOver: engine.handOver?.(name) ?? {},
  })
  await dispose()
  return { podman, server, checkpoint, settings }
}

/** @throws Problem before anything is started, with the size that would do */
function checkRoom(context: Context, given: Settings, path: string): void {
  const need = archiveNeed(context, given)
  const short = need && archiveShortage(need, path, context.configuration)
  if (!short) return
  const remove = quote(['rm', path, recordOf(path)])
  const earlier = isOwnArchive(path)
    ? `\nThe earlier archive stays until a new one is complete; if nobody needs it: ${remove}`
    : ''
  throw new Problem(
    `there is no room for this checkpoint: ${short}${earlier}\n` +
      'If the estimate is wrong, CHECKPOINT_SIZE corrects it. Nothing was started.',
  )
}

/** How it comes back, and what it holds. */
function nextSteps({ engine }: Context, podman: Podman, path: string): string {
  const restore = ['container', 'restore', ...restoreFlags.archive(path)]
  const sudo = process.env.SUDO_UID ? 'sudo ' : ''
  const line = sudo + podman.shellLine(restore.filter(word => word !== '--print-stats'))
  const { endpoint, afterRestore } = engine
  return (
    `${howToRestore({ archive: path, usual: path, podman: line, resumes: afterRestore !== undefined, endpoint })}\n\n` +
    "The archive holds the server's memory and environment: keep it private, and delete it when it is no longer needed."
  )
}

if (import.meta.main) await runCommand(CHECKPOINT_USAGE, main)
