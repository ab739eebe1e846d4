import { configuration } from '../config/configuration.ts'
import { EXIT, reportProblem } from '../core/problem.ts'
import { becomeRoot } from '../host/root.ts'
import { node } from '../setup/node.ts'
import { oldCheckpoints } from '../setup/old-checkpoints.ts'
import { ok, probeAll } from '../setup/step.ts'
import { stepsFor } from '../setup/steps.ts'
import { renderTable } from '../setup/table.ts'

/**
 * `npm run doctor`: what a run needs, what is there, what to do. Changes nothing. Exit 0, or 2 when
 * something is not ok.
 */

try {
  await becomeRoot()
  const c = configuration()
  const steps = [node, ...stepsFor(c)]
  const found = await probeAll(steps, c)
  const old = oldCheckpoints(c.checkpointDir).map(({ path, what, remedy }) => ok(`${path}: ${what}`, remedy))
  console.log(
    renderTable([
      ...steps.map((step, i) => ({ name: step.name, ...found[i]! })),
      ...old.map(row => ({ name: 'left over', ...row })),
    ]),
  )
  if (found.some(({ state }) => state !== 'ok')) process.exitCode = EXIT.unusable
} catch (error) {
  process.exitCode = reportProblem(error)
}
