import { mkdirSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { criuConfigOf, filesOf, logsOf, writeArchiveRecord } from '../../fixtures/by-hand/archive-record.ts'
import { CHECKPOINT_USAGE, parseCheckpointOptions, settingsOfScenario } from '../../fixtures/by-hand/options.ts'
import { archiveSettings } from '../../fixtures/by-hand/settings.ts'
import { howToRestore } from '../../fixtures/by-hand/text.ts'
import { renderTimeline } from '../../fixtures/by-hand/timeline.ts'
import { type Archive, restoreFlags, takeCheckpoint } from '../../fixtures/checkpoints/checkpoint.ts'
import { readGroups } from '../../fixtures/run/bench-files.ts'
import { lockFiles, ownFolders, reapLeftovers } from '../../fixtures/run/claim.ts'
import { checkHost, equipment } from '../../fixtures/run/equipment.ts'
import { keepLogsSoFar } from '../../fixtures/run/logs.ts'
import { containerName } from '../../fixtures/run/names.ts'
import { openContext } from '../../fixtures/run/open-context.ts'
import { configuration } from '../config/configuration.ts'
import { now } from '../core/clock.ts'
import { runCommand } from '../core/command-line.ts'
import { becomeRoot } from '../host/root.ts'
import { lockRun } from '../host/run-lock.ts'
import { endOnSignal } from '../host/signals.ts'
import { endProcesses, reap } from '../podman/reaper.ts'
import { runRoot } from '../podman/storage.ts'

/**
 * `npm run checkpoint`: starts the engine, warms it up, exports its checkpoint to CKPT_PATH and prints the timeline, as
 * the original create-checkpoint.py did. The archive stays, for `npm run restore`; the container goes.
 */
async function main(argv: string[]): Promise<void> {
  const asked = parseCheckpointOptions(argv)
  const scenarios = asked.scenario === undefined ? [] : (await readGroups()).flatMap(group => group.scenarios)
  const given = {
    ...(asked.scenario !== undefined && settingsOfScenario(asked.scenario, scenarios)),
    ...asked.settings,
    ...(asked.compress && { compress: asked.compress }),
  }
  await becomeRoot()
  process.umask(0o077)
  const c = { ...configuration(), keepCheckpoints: true }
  await checkHost(c)
  const tools = await equipment(c)
  endOnSignal()
  const release = lockRun(lockFiles(c))
  process.once('exit', () => {
    keepLogsSoFar(c, logsOf(c.checkpointPath))
    endProcesses(runRoot(c.stateDir))
    reap(runRoot(c.stateDir), ownFolders(c))
    release()
  })
  const began = now()
  const opened = openContext(c, tools, {
    folder: dirname(c.checkpointPath),
    runId: 'checkpoint',
    signal: new AbortController().signal,
    progress: step => console.log(`${(now() - began).toFixed(2).padStart(8)} s  ${step}`),
  })
  const path = c.checkpointPath
  const context = { ...opened.context, logs: logsOf(path) }
  try {
    const settings = archiveSettings(context, given)
    // a server that was restored by hand would hold the port
    reapLeftovers(c)
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    for (const old of filesOf(path)) rmSync(old, { recursive: true, force: true })
    const podman = await context.podman('disk')
    const name = containerName(context, 'podman-import', {})
    const archive = { path, compress: settings.compress as Archive['compress'], criuConfig: criuConfigOf(path) }
    const dumped = await takeCheckpoint(context, podman, name, settings, { archive })
    const { endpoint, afterRestore, handOver } = context.engine
    const { id, checkpoint, processes, kept, server } = dumped
    writeArchiveRecord(path, {
      engine: c.engine,
      port: endpoint.port,
      model: endpoint.model,
      name,
      id,
      settings,
      checkpoint,
      processes: processes.map(({ inner, name, execution }) => ({ inner, name, execution })),
      kept,
      handedOver: handOver?.call(context.engine, name) ?? {},
    })
    await dumped.dispose()
    console.log(`\n${renderTimeline({ ...server, checkpoint, total: now() - began })}`)
    console.log(`\n${path} (${settings.compress})\n`)
    const restore = ['container', 'restore', ...restoreFlags.archive(path)]
    const sudo = process.env.SUDO_UID ? 'sudo ' : ''
    const line = sudo + podman.shellLine(restore.filter(word => word !== '--print-stats'))
    console.log(
      howToRestore({ archive: path, usual: path, podman: line, resumes: afterRestore !== undefined, endpoint }),
    )
    console.log(
      "\nThe archive holds the server's memory and environment: keep it private, and delete it when it is no " +
        'longer needed.',
    )
  } finally {
    await opened.close()
  }
}

if (import.meta.main) await runCommand(CHECKPOINT_USAGE, main)
