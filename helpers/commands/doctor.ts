import { isOwnArchive } from '../../fixtures/by-hand/archive-record.ts'
import { lookAtRoom } from '../../fixtures/run/doctor-room.ts'
import { configuration } from '../config/configuration.ts'
import { refuseArguments, runCommand } from '../core/command-line.ts'
import { EXIT } from '../core/problem.ts'
import { tryRoot } from '../host/root.ts'
import { node } from '../setup/node.ts'
import { oldCheckpoints } from '../setup/old-checkpoints.ts'
import { ok, probeAll, unusable, withoutRoot } from '../setup/step.ts'
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
  const old = oldCheckpoints(c.checkpointDir, isOwnArchive).map(({ path, what, remedy }) =>
    ok(`${path}: ${what}`, remedy),
  )
  const rows: Row[] = [
    ...(refused ? [{ name: 'root', ...noRoot(refused.message) }] : []),
    ...steps.map((step, i) => ({ name: step.name, ...found[i]! })),
    { name: 'room', ...(await lookAtRoom(c)) },
    ...old.map(row => ({ name: 'left over', ...row })),
  ]
  console.log(renderTable(rows))
  return rows.some(({ state }) => state !== 'ok') ? EXIT.unusable : EXIT.ok
}

/** A run needs it. */
function noRoot(why: string) {
  const [found = '', remedy = ''] = why.split('\n')
  return unusable(found, remedy)
}

if (import.meta.main) await runCommand(USAGE, main)
