import { isKnownArchive } from '../../fixtures/by-hand/archive-record.ts'
import { lookAtRoom } from '../../fixtures/run/doctor-room.ts'
import { type Configuration, configuration } from '../config/configuration.ts'
import { refuseArguments, runCommand } from '../core/command-line.ts'
import { EXIT } from '../core/problem.ts'
import { tryRoot } from '../host/root.ts'
import { node } from '../setup/node.ts'
import { oldCheckpoints } from '../setup/old-checkpoints.ts'
import { type Found, ok, probeAll, unusable, withoutRoot } from '../setup/step.ts'
import { stepsFor } from '../setup/steps.ts'
import { type Row, renderTable } from '../setup/table.ts'

const USAGE = `Usage: npm run doctor

Shows what a run needs, what is there and what to do. Changes nothing. Ends with 2 where something is not ok.
Without root it shows what a user can see.`

/** `npm run doctor`: what a run needs, what is there, what to do. Exit 0, or 2 when something is not ok. */
async function main(argv: string[]): Promise<number> {
  refuseArguments(argv, USAGE)
  const refused = await tryRoot()
  const c = configuration()
  const steps = [node, ...stepsFor(c)]
  const seen = await probeAll(steps, c)
  const found = refused ? seen.map(withoutRoot) : seen
  const old = oldCheckpoints(c.checkpointDir, isKnownArchive(c)).map(({ path, what, remedy }) =>
    ok(`${path}: ${what}`, remedy),
  )
  const rows: Row[] = [
    ...(refused ? [{ name: 'root', ...noRoot(refused.message) }] : []),
    ...steps.map((step, i) => ({ name: step.name, ...found[i]! })),
    { name: 'room', ...(await roomOf(c, refused !== undefined)) },
    ...old.map(row => ({ name: 'left over', ...row })),
  ]
  console.log(renderTable(rows))
  return rows.some(({ state }) => state !== 'ok') ? EXIT.unusable : EXIT.ok
}

/** What only root may look at, such as a mount of a run that is under way, is not seen by others. */
async function roomOf(c: Configuration, refused: boolean): Promise<Found> {
  try {
    return await lookAtRoom(c)
  } catch (error) {
    const found = withoutRoot(unusable((error as Error).message, ''))
    if (refused && found.state === 'unseen') return found
    throw error
  }
}

/** A run needs it. */
function noRoot(why: string) {
  const [found = '', remedy = ''] = why.split('\n')
  return unusable(found, remedy)
}

if (import.meta.main) await runCommand(USAGE, main)
