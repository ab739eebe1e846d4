import { changePoints } from '../core/change-points.ts'
import { runCommand } from '../core/command-line.ts'
import { Problem } from '../core/problem.ts'
import { median, mulberry32, normal } from '../core/statistics.ts'

const USAGE = `Usage: npm run history-rates -- [HISTORIES] [RUNS]

How often a history is said to have a step that it has not, and how often one that
it has is found, by simulation.`

/**
 * `npm run history-rates [-- HISTORIES RUNS]`: how often a history is said to have a step that it has not, and how
 * often one that it has is found. Each run is the median of five trials; trials and runs differ by noise of 5 % each.
 * Seeded: the same figures every time.
 */
function main(argv: string[]): void {
  const [histories, runs] = [Number(argv[0] ?? 1000), Number(argv[1] ?? 20)]
  if (!(Number.isInteger(histories) && histories > 0 && Number.isInteger(runs) && runs >= 8 && argv.length <= 2))
    throw new Problem(
      'npm run history-rates takes a number of histories and of runs in each, at least 8, received: ' +
        `${argv.join(' ')}\n${USAGE}`,
    )
  console.log(`${histories} histories of ${runs} runs, level ${LEVEL}`)
  for (const [name, parts] of Object.entries(CASES)) {
    const random = mulberry32(1)
    const found = Array.from({ length: histories }, () => changePoints(historyOf(runs, parts, random), LEVEL))
    const some = found.filter(steps => steps.length > 0).length
    const near = found.filter(steps => steps.some(({ index }) => Math.abs(index - runs / 2) <= 1)).length
    const where = parts.step ? `, within one run of it in ${share(near, histories)}` : ''
    console.log(`${name}: a step is found in ${share(some, histories)}${where}`)
  }
}

const LEVEL = 0.05
const NOISE = 0.05

interface Parts {
  /** How far the second half lies above the first, as a share. */
  step?: number
  /** How much of a run's deviation the next one inherits: a host that drifts. */
  drift?: number
}

const CASES: Record<string, Parts> = {
  'no step, independent runs': {},
  'no step, runs that inherit 0.3 of the deviation before': { drift: 0.3 },
  'no step, runs that inherit 0.6 of the deviation before': { drift: 0.6 },
  'a step of 5 %': { step: 0.05 },
  'a step of 10 %': { step: 0.1 },
  'a step of 20 %': { step: 0.2 },
}

/** Logarithms of the runs' medians. */
function historyOf(runs: number, { step = 0, drift = 0 }: Parts, random: () => number): number[] {
  let deviation = normal(random) * NOISE
  return Array.from({ length: runs }, (_, run) => {
    if (run > 0) deviation = drift * deviation + Math.sqrt(1 - drift ** 2) * normal(random) * NOISE
    const level = run < runs / 2 ? 0 : Math.log(1 + step)
    return level + deviation + median(Array.from({ length: 5 }, () => normal(random) * NOISE))
  })
}

const share = (number: number, all: number) => `${((100 * number) / all).toFixed(1)} %`

if (import.meta.main) await runCommand(USAGE, main)
