import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openSelfTest, slowRuntime } from '../../fixtures/testing/self-test.ts'
import { runCommand } from '../core/command-line.ts'
import { Problem } from '../core/problem.ts'

const USAGE = `Usage: npm run gate-rates -- [RUNS] [SECONDS]

Measures how often the gate is wrong: runs the suite unchanged, and with restores delayed by that many seconds (20 runs,
0.1 s). Needs root.`

/**
 * `npm run gate-rates [-- RUNS SECONDS]`: how often the gate is wrong. Runs the real suite with a small model, RUNS
 * times as it is and RUNS times with a runtime that waits SECONDS before each restore, against one reference, and
 * counts the exit codes.
 */
async function main(argv: string[]): Promise<void> {
  const [runs, delay] = [Number(argv[0] ?? 20), Number(argv[1] ?? 0.1)]
  if (!(Number.isInteger(runs) && runs >= 1 && delay > 0 && delay < Infinity && argv.length <= 2))
    throw new Problem(
      'npm run gate-rates takes a whole number of runs and a delay in seconds, both above 0, received: ' +
        `${argv.join(' ')}\n${USAGE}`,
    )
  const self = await openSelfTest()
  try {
    const targets = { ...self.targets([]), ITERATIONS: '5' }
    const first = await self.bench(['runtime-direct'], targets)
    if (first.exitCode !== 0) throw new Problem(`the reference run failed:\n${first.output}`)
    const reference = join(self.folder, 'reference')
    mkdirSync(reference)
    writeFileSync(join(reference, 'report.json'), JSON.stringify(first.report))
    const gated = { ...targets, REFERENCE: join(reference, 'report.json') }
    const slow = slowRuntime(join(self.folder, 'slow'), delay)
    const seen = { plain: [] as number[], delayed: [] as number[] }
    for (let run = 0; run < runs; run++) {
      seen.plain.push((await self.bench(['runtime-direct'], gated)).exitCode)
      seen.delayed.push((await self.bench(['runtime-direct'], { ...gated, ...slow })).exitCode)
      console.log(`${run + 1}/${runs}: plain ${seen.plain.at(-1)}, delayed ${seen.delayed.at(-1)}`)
    }
    const wrong = (codes: number[], right: number) => codes.filter(code => code !== right).length
    console.log(
      `unchanged: ${wrong(seen.plain, 0)} of ${runs} wrong; ${delay} s slower: ${wrong(seen.delayed, 4)} ` +
        `of ${runs} wrong`,
    )
  } finally {
    self.dispose()
  }
}

if (import.meta.main) await runCommand(USAGE, main)
