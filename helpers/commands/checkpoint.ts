import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Archive, COMPRESSIONS, takeCheckpoint } from '../../fixtures/checkpoints/checkpoint.ts'
import { lockFiles, ownFolders } from '../../fixtures/run/claim.ts'
import { checkHost, equipment } from '../../fixtures/run/equipment.ts'
import { keepLogsSoFar } from '../../fixtures/run/logs.ts'
import { containerName } from '../../fixtures/run/names.ts'
import { openContext } from '../../fixtures/run/open-context.ts'
import { defaultsOf } from '../../fixtures/run/settings.ts'
import { configuration } from '../config/configuration.ts'
import { now } from '../core/clock.ts'
import { Problem, reportProblem } from '../core/problem.ts'
import { becomeRoot } from '../host/root.ts'
import { lockRun } from '../host/run-lock.ts'
import { endOnSignal } from '../host/signals.ts'
import { endProcesses, reap } from '../podman/reaper.ts'
import { runRoot } from '../podman/storage.ts'

/**
 * `npm run checkpoint [-- zstd|gzip|none]`: starts the engine, warms it up, exports its checkpoint to CKPT_PATH and
 * prints the timeline, as the seed's create-checkpoint did. The archive stays; the container goes.
 */
async function main(argv: string[]): Promise<void> {
  const [compress = 'zstd', ...rest] = argv
  if (rest.length > 0 || !COMPRESSIONS.some(known => known === compress))
    throw new Problem(`npm run checkpoint takes zstd, gzip or none, received: ${argv.join(' ')}`)
  await becomeRoot()
  process.umask(0o077)
  const c = { ...configuration(), keepCheckpoints: true }
  await checkHost(c)
  const tools = await equipment(c)
  endOnSignal()
  const release = lockRun(lockFiles(c))
  process.once('exit', () => {
    keepLogsSoFar(c, join(dirname(c.checkpointPath), 'logs'))
    endProcesses(runRoot(c.stateDir))
    reap(runRoot(c.stateDir), ownFolders(c))
    release()
  })
  const began = now()
  const timeline: { step: string; at: number }[] = []
  const { context, close } = openContext(c, tools, {
    folder: dirname(c.checkpointPath),
    runId: 'checkpoint',
    signal: new AbortController().signal,
    progress(step) {
      timeline.push({ step, at: now() - began })
      console.log(`${(now() - began).toFixed(2).padStart(8)} s  ${step}`)
    },
  })
  try {
    mkdirSync(dirname(c.checkpointPath), { recursive: true, mode: 0o700 })
    const settings = defaultsOf(context.engine.settings)
    const dumped = await takeCheckpoint(
      context,
      await context.podman('disk'),
      containerName(context, 'podman-import', {}),
      settings,
      { archive: { path: c.checkpointPath, compress: compress as Archive['compress'] } },
    )
    console.log(`${(now() - began).toFixed(2).padStart(8)} s  done`)
    const {
      checkpoint: { bytes, create_time },
    } = dumped
    await dumped.dispose()
    console.log(
      `\n${c.checkpointPath}: ${(bytes / 1e9).toFixed(2)} GB, taken in ${create_time.toFixed(2)} s ` +
        `(${compress}); total ${(now() - began).toFixed(2)} s`,
    )
    console.log(
      `The archive holds the server's memory and environment: keep it private, and delete it when it ` +
        'is no longer needed.',
    )
  } finally {
    await close()
  }
}

if (import.meta.main) {
  try {
    await main(process.argv.slice(2))
  } catch (error) {
    process.exitCode = reportProblem(error)
  }
}
